{{/* Takes every null out of a map, at any depth: in values null says "not this one". Changes the map. */}}
{{- define "belfry.dropNulls" -}}
{{- $map := . -}}
{{- range $key := keys $map -}}
{{- $value := get $map $key -}}
{{- if kindIs "invalid" $value -}}
{{- $_ := unset $map $key -}}
{{- else if kindIs "map" $value -}}
{{- include "belfry.dropNulls" $value -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The settings that stand at the top of values for every pod, and again below a role for its own. */}}
{{- define "belfry.podKeys" -}}
maps: [image, podAnnotations, podLabels, podSecurityContext, securityContext, nodeSelector, affinity, probes]
lists: [tolerations, topologySpreadConstraints, extraEnv, extraEnvFrom, extraVolumes, extraVolumeMounts, extraContainers, initContainers]
plain: [priorityClassName, runtimeClassName, spread, revisionHistoryLimit, dataVolume, tmpVolume]
{{- end -}}

{{/*
What holds for the pods of a role, as YAML: (dict "root" $ "own" .Values.api). The role's own settings over those for every
pod: maps are merged, lists are added to, and the rest is replaced.
*/}}
{{- define "belfry.podSettings" -}}
{{- $keys := include "belfry.podKeys" . | fromYaml -}}
{{- $settings := deepCopy .own -}}
{{- range $key := $keys.maps -}}
{{- $own := get $settings $key | default dict -}}
{{- $_ := set $settings $key (mergeOverwrite (deepCopy (get $.root.Values $key | default dict)) $own) -}}
{{- end -}}
{{- $image := .own.image | default dict -}}
{{- if and $image.tag (not $image.digest) -}}
{{- /* A digest would win over the tag that the role asks for. */ -}}
{{- $_ := set $settings.image "digest" "" -}}
{{- end -}}
{{- range $key := $keys.lists -}}
{{- $_ := set $settings $key (concat (get $.root.Values $key | default list) (get $settings $key | default list)) -}}
{{- end -}}
{{- range $key := $keys.plain -}}
{{- if kindIs "invalid" (get $settings $key | default nil) -}}
{{- $_ := set $settings $key (get $.root.Values $key) -}}
{{- end -}}
{{- end -}}
{{- include "belfry.dropNulls" $settings -}}
{{- toYaml $settings -}}
{{- end -}}

{{/* The pools of workers that are on, by name, as YAML: each pool over workers.defaults, as Helm merges values. */}}
{{- define "belfry.pools" -}}
{{- $pools := dict -}}
{{- range $name, $own := .Values.workers.pools -}}
{{- if not (kindIs "invalid" $own) -}}
{{- $pool := mergeOverwrite (deepCopy $.Values.workers.defaults) (deepCopy $own) -}}
{{- include "belfry.dropNulls" $pool -}}
{{- if $pool.enabled -}}
{{- $_ := set $pools $name $pool -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toYaml $pools -}}
{{- end -}}

{{/* Every setting of `config` that is written, as environment variables: leaderTtl is BELFRY_LEADER_TTL. Numbers are whole. */}}
{{- define "belfry.configEnv" -}}
{{- range $key, $value := .Values.config }}
{{- if not (has (toString $value) (list "" "<nil>" "false")) }}
- name: {{ printf "BELFRY_%s" (snakecase $key | upper) }}
  value: {{ ternary (toString (int64 (ternary $value 0 (kindIs "float64" $value)))) (toString $value) (kindIs "float64" $value) | quote }}
{{- end }}
{{- end }}
{{- end -}}
