{{/* The groups of all shipped rule files, as they are: {groups: […]}. */}}
{{- define "belfry.ruleGroups" -}}
{{- $groups := list -}}
{{- range $path, $_ := .Files.Glob "files/rules/*.yaml" -}}
{{- $groups = concat $groups (include "belfry.parseYaml" (dict "path" $path "text" ($.Files.Get $path)) | fromYaml).groups -}}
{{- end -}}
{{- toYaml (dict "groups" $groups) -}}
{{- end -}}

{{/* A file of the chart that must be YAML: (dict "path" … "text" …). */}}
{{- define "belfry.parseYaml" -}}
{{- $parsed := fromYaml .text -}}
{{- if hasKey $parsed "Error" -}}
{{- fail (printf "%s is not YAML: %s" .path $parsed.Error) -}}
{{- end -}}
{{- toYaml $parsed -}}
{{- end -}}

{{/* Where the shipped rules say that their runbooks are. */}}
{{- define "belfry.shippedRunbooks" -}}
https://github.com/belfry-dev/belfry/blob/main/docs/runbooks
{{- end -}}

{{/* A link as an alert is to show it: (dict "root" $ "url" …). */}}
{{- define "belfry.alertUrl" -}}
{{- $rule := .root.Values.metrics.prometheusRule -}}
{{- $moved := .url | replace (include "belfry.shippedRunbooks" .) ($rule.runbookBaseUrl | trimSuffix "/") -}}
{{- if hasPrefix "/d/" $moved -}}{{- $rule.grafanaUrl | trimSuffix "/" -}}{{- end -}}
{{- $moved -}}
{{- end -}}

{{/* One rule with what values change of it: (dict "root" $ "rule" map). Nothing for one that is disabled. */}}
{{- define "belfry.rule" -}}
{{- $values := .root.Values.metrics.prometheusRule -}}
{{- $rule := .rule -}}
{{- if not (has ($rule.alert | default "") $values.disabled) -}}
{{- if $rule.alert -}}
{{- $annotations := $rule.annotations | default dict -}}
{{- range $name := list "runbook_url" "dashboard_url" -}}
{{- if hasKey $annotations $name -}}
{{- $_ := set $annotations $name (include "belfry.alertUrl" (dict "root" $.root "url" (get $annotations $name))) -}}
{{- end -}}
{{- end -}}
{{- $_ := set $rule "labels" (mergeOverwrite ($rule.labels | default dict) $values.alertLabels) -}}
{{- $rule = mergeOverwrite $rule (deepCopy (get $values.overrides $rule.alert | default dict)) -}}
{{- end -}}
{{- toYaml $rule -}}
{{- end -}}
{{- end -}}
