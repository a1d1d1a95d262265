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

{{/* What values change of every alert, in Prometheus and in Grafana: (dict "root" $ "rule" map), which is changed. */}}
{{- define "belfry.completeAlert" -}}
{{- $annotations := .rule.annotations | default dict -}}
{{- range $name := list "runbook_url" "dashboard_url" -}}
{{- if hasKey $annotations $name -}}
{{- $_ := set $annotations $name (include "belfry.alertUrl" (dict "root" $.root "url" (get $annotations $name))) -}}
{{- end -}}
{{- end -}}
{{- $_ := set .rule "labels" (mergeOverwrite (.rule.labels | default dict) .root.Values.metrics.prometheusRule.alertLabels) -}}
{{- end -}}

{{/* One rule with what values change of it: (dict "root" $ "rule" map). Nothing for one that is disabled. */}}
{{- define "belfry.rule" -}}
{{- $values := .root.Values.metrics.prometheusRule -}}
{{- $rule := .rule -}}
{{- if not (has ($rule.alert | default "") $values.disabled) -}}
{{- if $rule.alert -}}
{{- include "belfry.completeAlert" . -}}
{{- $rule = mergeOverwrite $rule (deepCopy (get $values.overrides $rule.alert | default dict)) -}}
{{- end -}}
{{- toYaml $rule -}}
{{- end -}}
{{- end -}}

{{/*
The same for a rule of Grafana, whose title is the name of the alert, with labels behind it where several have one name. Values
are in the words of Prometheus; where Grafana has others for the same, they are put into these.
*/}}
{{- define "belfry.grafanaRule" -}}
{{- $values := .root.Values.metrics.prometheusRule -}}
{{- $rule := .rule -}}
{{- $alert := splitList " (" $rule.title | first -}}
{{- if not (has $alert $values.disabled) -}}
{{- include "belfry.completeAlert" . -}}
{{- $own := deepCopy (get $values.overrides $alert | default dict) -}}
{{- with $own.expr -}}
{{- $_ := set (first $rule.data).model "expr" . -}}
{{- end -}}
{{- with $own.keep_firing_for -}}
{{- $_ := set $rule "keepFiringFor" . -}}
{{- end -}}
{{- range $name, $text := $own.annotations -}}
{{- $_ := set $own.annotations $name (regexReplaceAllLiteral "\\$value\\b" ($text | default "") "$values.B.Value") -}}
{{- end -}}
{{- toYaml (mergeOverwrite $rule (pick $own "for" "labels" "annotations")) -}}
{{- end -}}
{{- end -}}

{{/* A provisioning file of Grafana with what values change of it: (dict "root" $ "path" …). */}}
{{- define "belfry.grafanaAlerts" -}}
{{- $uid := printf "${1}: %s" .root.Values.metrics.grafanaAlerts.datasourceUid -}}
{{- $text := regexReplaceAll "(?m)^( *(?:datasourceUid|uid)): prometheus$" (.root.Files.Get .path) $uid -}}
{{- $file := include "belfry.parseYaml" (dict "path" .path "text" $text) | fromYaml -}}
{{- $groups := list -}}
{{- range $group := $file.groups -}}
{{- $rules := list -}}
{{- range $group.rules -}}
{{- with include "belfry.grafanaRule" (dict "root" $.root "rule" .) -}}
{{- $rules = append $rules (fromYaml .) -}}
{{- end -}}
{{- end -}}
{{- with $rules -}}
{{- $groups = append $groups (merge (dict "rules" .) $group) -}}
{{- end -}}
{{- end -}}
{{- toYaml (merge (dict "groups" $groups) $file) -}}
{{- end -}}
