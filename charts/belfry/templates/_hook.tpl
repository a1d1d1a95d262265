{{/*
A Job of the apply hook: (dict "root" $ "component" "apply" "args" arguments of `belfry` "hooks" names of Helm hooks
"annotations" for the Job "backoffLimit" tries beside the first "chartSecret" name of the Secret with what values hold in plain text).
*/}}
{{- define "belfry.hookJob" -}}
{{- $apply := .root.Values.apply -}}
{{- $settings := include "belfry.podSettings" (dict "root" .root "own" $apply) | fromYaml -}}
{{- $parts := merge (dict "settings" $settings "role" "apply") . -}}
apiVersion: batch/v1
kind: Job
metadata:
  {{- include "belfry.metadata" (merge (dict "annotations" (merge (dict
    "helm.sh/hook" .hooks
    "helm.sh/hook-weight" "0"
    "helm.sh/hook-delete-policy" "before-hook-creation,hook-succeeded") .annotations)) (omit . "annotations")) | nindent 2 }}
spec:
  backoffLimit: {{ .backoffLimit }}
  activeDeadlineSeconds: {{ $apply.activeDeadlineSeconds }}
  ttlSecondsAfterFinished: {{ $apply.ttlSecondsAfterFinished }}
  # 1 may be a Redis that is away for a moment, and above 128 somebody killed it; what was asked in a wrong way stays wrong.
  podFailurePolicy:
    rules:
      - action: FailJob
        onExitCodes:
          containerName: belfry
          operator: In
          values: [2, 3]
  template:
    metadata:
      labels:
        {{- include "belfry.selectorLabels" . | nindent 8 }}
        {{- with merge (dict) $settings.podLabels .root.Values.commonLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with $settings.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      restartPolicy: Never
      {{- if not .root.Values.serviceAccount.create }}
      serviceAccountName: {{ include "belfry.serviceAccountName" .root }}
      {{- end }}
      automountServiceAccountToken: false
      {{- include "belfry.podSpec" $parts | nindent 6 }}
      {{- with $settings.initContainers }}
      initContainers:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: belfry
          {{- include "belfry.container" $parts | nindent 10 }}
{{- end -}}
