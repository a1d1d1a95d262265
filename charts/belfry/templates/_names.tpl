{{/* The chart's name, for labels. */}}
{{- define "belfry.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* What the names of all objects begin with. */}}
{{- define "belfry.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains (include "belfry.name" .) .Release.Name -}}
{{- .Release.Name -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "belfry.name" .) -}}
{{- end -}}
{{- end -}}

{{/*
Name of an object of one component: (dict "root" $ "component" "worker" "pool" "heavy"), the pool only for workers.
At most 63 characters, and 52 for a StatefulSet, whose pods have its name and a hash in a label; only the front is cut, so two
components never share a name.
*/}}
{{- define "belfry.componentName" -}}
{{- $component := ternary (printf "%s-%s" .component (.pool | default "")) .component (not (empty .pool)) -}}
{{- $front := include "belfry.fullname" .root | trunc (int (sub (ternary 51 62 (eq .component "valkey")) (len $component))) | trimSuffix "-" -}}
{{- printf "%s-%s" $front $component -}}
{{- end -}}

{{- define "belfry.namespace" -}}
{{- .Values.namespaceOverride | default .Release.Namespace -}}
{{- end -}}

{{- define "belfry.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "belfry.fullname" . | trunc 63 | trimSuffix "-") -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{/* The address of the API inside the cluster. */}}
{{- define "belfry.apiUrl" -}}
{{- $name := include "belfry.componentName" (dict "root" . "component" "api") -}}
{{- printf "http://%s.%s.svc:%v" $name (include "belfry.namespace" .) .Values.api.service.port -}}
{{- end -}}
