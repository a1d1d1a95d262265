{{/*
A Deployment of one role, the only pod template of Belfry: (dict "root" $ "role" "worker" "component" "worker" "pool" "heavy"
"own" settings of the role "args" arguments of `belfry` "automount" true|false, and "poolConfig" where the pod mounts a
configuration file: its ConfigMap, key and text). Without "replicas" in `own` the field is left to an autoscaler.
*/}}
{{- define "belfry.deployment" -}}
{{- $settings := include "belfry.podSettings" (dict "root" .root "own" .own) | fromYaml -}}
{{- $parts := merge (dict "settings" $settings "chartSecret" (include "belfry.chartSecret" .root)) . -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "belfry.metadata" (merge (dict "annotations" $settings.annotations) .) | nindent 2 }}
spec:
  {{- if hasKey .own "replicas" }}
  replicas: {{ .own.replicas }}
  {{- end }}
  revisionHistoryLimit: {{ $settings.revisionHistoryLimit }}
  minReadySeconds: {{ $settings.minReadySeconds }}
  progressDeadlineSeconds: {{ $settings.progressDeadlineSeconds }}
  strategy:
    {{- /* The defaults of rollingUpdate are merged in, and Kubernetes refuses them beside Recreate. */}}
    {{- toYaml (ternary (pick $settings.updateStrategy "type") $settings.updateStrategy (eq $settings.updateStrategy.type "Recreate")) | nindent 4 }}
  selector:
    matchLabels:
      {{- include "belfry.selectorLabels" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "belfry.selectorLabels" . | nindent 8 }}
        {{- with merge (dict) $settings.podLabels .root.Values.commonLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- $annotations := deepCopy $settings.podAnnotations }}
      {{- if .root.Values.metrics.scrapeAnnotations }}
      {{- $annotations = merge $annotations (dict "prometheus.io/scrape" "true" "prometheus.io/port" (toString .root.Values.config.port) "prometheus.io/path" "/metrics") }}
      {{- end }}
      {{- with include "belfry.secretChecksum" $parts }}
      {{- $annotations = merge $annotations (dict "checksum/secret" .) }}
      {{- end }}
      {{- with .poolConfig }}
      {{- $annotations = merge $annotations (dict "checksum/config" (sha256sum .text)) }}
      {{- end }}
      {{- with $annotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      serviceAccountName: {{ include "belfry.serviceAccountName" .root }}
      automountServiceAccountToken: {{ .automount }}
      terminationGracePeriodSeconds: {{ $settings.terminationGracePeriodSeconds }}
      {{- include "belfry.podSpec" $parts | nindent 6 }}
      {{- with include "belfry.spread" $parts }}
      {{- . | nindent 6 }}
      {{- end }}
      {{- with $settings.initContainers }}
      initContainers:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: belfry
          {{- include "belfry.container" $parts | nindent 10 }}
          ports:
            - name: http
              containerPort: {{ .root.Values.config.port }}
          {{- with include "belfry.probe" (dict "name" "startupProbe" "probe" $settings.probes.startup "path" "/healthz") }}
          {{- . | nindent 10 }}
          {{- end }}
          {{- with include "belfry.probe" (dict "name" "livenessProbe" "probe" $settings.probes.liveness "path" "/healthz") }}
          {{- . | nindent 10 }}
          {{- end }}
          {{- with include "belfry.probe" (dict "name" "readinessProbe" "probe" $settings.probes.readiness "path" "/readyz") }}
          {{- . | nindent 10 }}
          {{- end }}
          {{- with $settings.preStopSleepSeconds }}
          lifecycle:
            preStop:
              sleep:
                seconds: {{ . }}
          {{- end }}
        {{- with $settings.extraContainers }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
{{- end -}}

{{/* A PodDisruptionBudget for a Deployment of belfry.deployment; same arguments. */}}
{{- define "belfry.podDisruptionBudget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "belfry.metadata" . | nindent 2 }}
spec:
  {{- $unwanted := ternary "minAvailable" "maxUnavailable" (eq (toString .own.pdb.minAvailable) "") }}
  {{- toYaml (omit .own.pdb "enabled" $unwanted) | nindent 2 }}
  selector:
    matchLabels:
      {{- include "belfry.selectorLabels" . | nindent 6 }}
{{- end -}}
