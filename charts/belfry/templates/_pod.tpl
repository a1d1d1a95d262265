{{/* Seconds between the end of BELFRY_DRAIN and SIGKILL: isolated handlers are ended (5 s) and settlements are written. */}}
{{- define "belfry.settleSeconds" -}}10{{- end -}}

{{/* How long running attempts may go on after SIGTERM, so that the grace period covers preStop, drain and settlement. */}}
{{- define "belfry.drain" -}}
{{- $left := sub (int .terminationGracePeriodSeconds) (add (int (include "belfry.settleSeconds" .)) (int .preStopSleepSeconds)) -}}
{{- printf "%ds" (min 3600 (max 0 $left)) -}}
{{- end -}}

{{/*
The environment of a Belfry container: (dict "root" $ "role" "worker" "component" … "pool" … "chartSecret" name, and "settings" of
the pod for one that runs until it is stopped). Everything but secrets stands in the pod itself, so that a hook needs nothing
that is made after it, and a change restarts exactly those pods that it is about.
*/}}
{{- define "belfry.ownEnv" -}}
- name: BELFRY_DATA
  value: /var/lib/belfry
{{- if .settings.terminationGracePeriodSeconds }}
- name: BELFRY_DRAIN
  value: {{ include "belfry.drain" .settings }}
{{- end }}
{{- include "belfry.configEnv" .root }}
{{- include "belfry.redisEnv" .root }}
{{- include "belfry.secretEnv" . }}
{{- with include "belfry.tracingEnv" . }}
{{ . }}
{{- end }}
{{- end -}}

{{/* The same with extraEnv: of two variables with one name the later one counts, and stands where the first one stood. */}}
{{- define "belfry.env" -}}
{{- $names := list -}}
{{- $last := dict -}}
{{- range concat (include "belfry.ownEnv" . | fromYamlArray) (.settings.extraEnv | default list) -}}
{{- $names = append $names .name -}}
{{- $_ := set $last .name . -}}
{{- end -}}
{{- range uniq $names }}
{{ list (get $last .) | toYaml }}
{{- end }}
{{- end -}}

{{/* One probe: (dict "name" "livenessProbe" "probe" map "path" "/healthz"). */}}
{{- define "belfry.probe" -}}
{{- if .probe.enabled -}}
{{ .name }}:
  httpGet:
    path: {{ .path }}
    port: http
  {{- toYaml (omit .probe "enabled") | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The constraints that `spread` asks for, and the ones that are written out. */}}
{{- define "belfry.spread" -}}
{{- $constraints := list -}}
{{- if ne .settings.spread "none" -}}
{{- range $key, $when := dict "kubernetes.io/hostname" (ternary "DoNotSchedule" "ScheduleAnyway" (eq .settings.spread "hard")) "topology.kubernetes.io/zone" "ScheduleAnyway" -}}
{{- $constraints = append $constraints (dict
  "topologyKey" $key
  "maxSkew" 1
  "whenUnsatisfiable" $when
  "labelSelector" (dict "matchLabels" (include "belfry.selectorLabels" $ | fromYaml))
  "matchLabelKeys" (list "pod-template-hash"))
-}}
{{- end -}}
{{- end -}}
{{- with concat $constraints (.settings.topologySpreadConstraints | default list) -}}
topologySpreadConstraints:
  {{- toYaml . | nindent 2 }}
{{- end -}}
{{- end -}}

{{/* What is the same in every container that runs Belfry. */}}
{{- define "belfry.container" -}}
image: {{ include "belfry.image" (dict "root" .root "image" .settings.image "tag" .root.Chart.AppVersion) }}
imagePullPolicy: {{ .settings.image.pullPolicy }}
args:
  {{- toYaml .args | nindent 2 }}
env:
  {{- include "belfry.env" . | trim | nindent 2 }}
{{- with .settings.extraEnvFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- toYaml .settings.securityContext | nindent 2 }}
{{- with .settings.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumeMounts:
  - name: data
    mountPath: /var/lib/belfry
  - name: tmp
    mountPath: /tmp
  {{- if .poolConfig }}
  - name: config
    mountPath: /etc/belfry/config
    readOnly: true
  {{- end }}
  {{- with include "belfry.redisTlsMounts" .root }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- with .settings.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* What is the same in the spec of every pod that runs Belfry, but its containers. */}}
{{- define "belfry.podSpec" -}}
{{- with include "belfry.imagePullSecrets" .root }}
{{- . }}
{{ end -}}
# A Service called belfry would set BELFRY_PORT and the like in every pod.
enableServiceLinks: false
securityContext:
  {{- toYaml .settings.podSecurityContext | nindent 2 }}
{{- with .settings.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .settings.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
{{- with .settings.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .settings.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .settings.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: data
    {{- toYaml .settings.dataVolume | nindent 4 }}
  - name: tmp
    {{- toYaml .settings.tmpVolume | nindent 4 }}
  {{- with .poolConfig }}
  - name: config
    configMap:
      name: {{ .configMap }}
      items:
        - key: {{ .key }}
          path: belfry.config.json
  {{- end }}
  {{- with include "belfry.redisTlsVolumes" .root }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- with .settings.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}
