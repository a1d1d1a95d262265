{{/* What a ServiceMonitor and a PodMonitor have alike: (dict "root" $ "values" map "component" "service-monitor"). */}}
{{- define "belfry.monitorMetadata" -}}
{{- include "belfry.metadata" (dict "root" .root "component" .component "namespace" .values.namespace "labels" .values.additionalLabels) -}}
{{- end -}}

{{- define "belfry.monitorNamespaces" -}}
namespaceSelector:
  matchNames:
    - {{ include "belfry.namespace" . }}
{{- end -}}

{{- define "belfry.monitorEndpoint" -}}
- port: http
  path: /metrics
  interval: {{ .interval }}
  scrapeTimeout: {{ .scrapeTimeout }}
  {{- with .relabelings }}
  relabelings:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .metricRelabelings }}
  metricRelabelings:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
