{{/* What selects the pods of one component: (dict "root" $ "component" "worker" "pool" "heavy"); pool only for workers. */}}
{{- define "belfry.selectorLabels" -}}
app.kubernetes.io/name: {{ include "belfry.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- with .pool }}
belfry.dev/pool: {{ . }}
{{- end }}
{{- end -}}

{{/* Labels of an object; arguments as belfry.selectorLabels. Versions are here only: a label of a pod would restart it. */}}
{{- define "belfry.labels" -}}
{{ include "belfry.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: belfry
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/*
Metadata of an object: (dict "root" $ "component" "api"), and where they are wanted "name" (default: the component's name),
"namespace", "pool", "labels", "annotations".
*/}}
{{- define "belfry.metadata" -}}
name: {{ .name | default (include "belfry.componentName" .) }}
namespace: {{ .namespace | default (include "belfry.namespace" .root) }}
labels:
  {{- include "belfry.labels" . | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
