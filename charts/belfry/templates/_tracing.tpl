{{/* The variables of OpenTelemetry: (dict "root" $ "component" "worker" "pool" "heavy"). */}}
{{- define "belfry.tracingEnv" -}}
{{- $tracing := .root.Values.tracing -}}
{{- if $tracing.enabled -}}
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: OTEL_SERVICE_NAME
  value: belfry-{{ .component }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ $tracing.endpoint | quote }}
- name: OTEL_EXPORTER_OTLP_PROTOCOL
  value: {{ $tracing.protocol }}
{{- with $tracing.sampler }}
- name: OTEL_TRACES_SAMPLER
  value: {{ . }}
{{- end }}
{{- with $tracing.samplerArg }}
- name: OTEL_TRACES_SAMPLER_ARG
  value: {{ . | quote }}
{{- end }}
{{- if $tracing.headersSecret }}
- name: OTEL_EXPORTER_OTLP_HEADERS
  valueFrom:
    secretKeyRef:
      name: {{ $tracing.headersSecret }}
      key: {{ $tracing.headersSecretKey }}
{{- end }}
{{- $attributes := list (printf "k8s.namespace.name=%s" (include "belfry.namespace" .root)) "k8s.pod.name=$(POD_NAME)" (printf "service.namespace=%s" .root.Release.Name) }}
{{- with .pool }}
{{- $attributes = append $attributes (printf "belfry.pool=%s" .) }}
{{- end }}
{{- range $name, $value := $tracing.resourceAttributes }}
{{- $attributes = append $attributes (printf "%s=%s" $name (toString $value)) }}
{{- end }}
- name: OTEL_RESOURCE_ATTRIBUTES
  value: {{ join "," $attributes | quote }}
{{- end -}}
{{- end -}}
