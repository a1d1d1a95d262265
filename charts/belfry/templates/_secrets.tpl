{{/*
Every secret that the pods of a role are given, as {all: […]}: the variable, the Secret and its key, "value" where the chart has
to make the Secret itself, and "plain" where values hold it. Only the API is given its token. (dict "root" $ "role" "api",
"every" for all of them, "chartSecret" name of the Secret that the chart makes)
*/}}
{{- define "belfry.secrets" -}}
{{- $values := .root.Values -}}
{{- $redis := $values.externalRedis -}}
{{- $wanted := list
  (dict "variable" "BELFRY_API_TOKEN" "own" "api-token" "value" $values.apiToken.value "existing" $values.apiToken.existingSecret "key" $values.apiToken.existingSecretKey)
  (dict "variable" "BELFRY_PAYLOAD_KEYS" "own" "payload-keys" "value" $values.payloadKeys.value "existing" $values.payloadKeys.existingSecret "key" $values.payloadKeys.existingSecretKey)
  (dict "variable" "BELFRY_SIGNING_KEYS" "own" "signing-keys" "value" $values.signingKeys.value "existing" $values.signingKeys.existingSecret "key" $values.signingKeys.existingSecretKey)
  (dict "variable" "BELFRY_REDLOCK" "own" "redlock" "value" (join "," $redis.redlock.urls) "existing" $redis.redlock.existingSecret "key" $redis.redlock.existingSecretKey)
-}}
{{- if $values.valkey.enabled -}}
{{- $valkey := include "belfry.valkeySecret" .root | fromYaml -}}
{{- $wanted = append $wanted (dict "variable" "REDIS_PASSWORD" "existing" $valkey.name "key" $valkey.key "plain" $values.valkey.auth.password) -}}
{{- else if and $redis.existingSecret $redis.existingSecretUrlKey -}}
{{- $wanted = append $wanted (dict "variable" "REDIS_URL" "existing" $redis.existingSecret "key" $redis.existingSecretUrlKey) -}}
{{- else -}}
{{- $wanted = append $wanted (dict "variable" "REDIS_PASSWORD" "own" "redis-password" "value" $redis.password "existing" (ternary $redis.existingSecret "" (ne $redis.existingSecretPasswordKey "")) "key" $redis.existingSecretPasswordKey) -}}
{{- end -}}
{{- if $redis.sentinel.enabled -}}
{{- $wanted = append $wanted (dict "variable" "REDIS_SENTINEL_PASSWORD" "own" "redis-sentinel-password" "value" $redis.sentinel.password "existing" (ternary $redis.existingSecret "" (ne $redis.sentinel.existingSecretPasswordKey "")) "key" $redis.sentinel.existingSecretPasswordKey) -}}
{{- end -}}
{{- $set := list -}}
{{- range $wanted -}}
{{- if and (eq .variable "BELFRY_API_TOKEN") (not (has $.role (list "api" "every"))) -}}
{{- else if .existing -}}
{{- $set = append $set (dict "variable" .variable "name" .existing "key" .key "plain" .plain) -}}
{{- else if .value -}}
{{- $set = append $set (dict "variable" .variable "name" $.chartSecret "key" .own "value" .value "plain" .value) -}}
{{- end -}}
{{- end -}}
{{- toYaml (dict "all" $set) -}}
{{- end -}}

{{/* Name of the Secret that the chart makes of what values hold in plain text. */}}
{{- define "belfry.chartSecret" -}}
{{- include "belfry.componentName" (dict "root" . "component" "secrets") -}}
{{- end -}}

{{/* The contents of that Secret: empty where nothing is in plain text. */}}
{{- define "belfry.secretData" -}}
{{- $data := dict -}}
{{- range (include "belfry.secrets" (dict "root" . "role" "every" "chartSecret" "") | fromYaml).all -}}
{{- if .value -}}
{{- $_ := set $data .key (.value | toString | b64enc) -}}
{{- end -}}
{{- end -}}
{{- if $data -}}{{- toYaml $data -}}{{- end -}}
{{- end -}}

{{/* Secret and key of the password of the Valkey in the chart. */}}
{{- define "belfry.valkeySecret" -}}
{{- $auth := .Values.valkey.auth -}}
{{- if $auth.existingSecret -}}
name: {{ $auth.existingSecret }}
key: {{ $auth.existingSecretPasswordKey }}
{{- else -}}
name: {{ include "belfry.componentName" (dict "root" . "component" "valkey") }}
key: password
{{- end -}}
{{- end -}}

{{/* Variables from Secrets; arguments as belfry.secrets. */}}
{{- define "belfry.secretEnv" -}}
{{- range (include "belfry.secrets" . | fromYaml).all }}
- name: {{ .variable }}
  valueFrom:
    secretKeyRef:
      name: {{ .name }}
      key: {{ .key }}
{{- end }}
{{- end -}}

{{/* Changes with the secrets of a role that values hold, so that its pods are replaced; nothing where values hold none. */}}
{{- define "belfry.secretChecksum" -}}
{{- $plain := list -}}
{{- range (include "belfry.secrets" . | fromYaml).all -}}
{{- with .plain -}}
{{- $plain = append $plain . -}}
{{- end -}}
{{- end -}}
{{- if $plain -}}{{- toJson $plain | sha256sum -}}{{- end -}}
{{- end -}}
