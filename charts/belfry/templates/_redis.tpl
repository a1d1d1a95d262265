{{/* Address of Redis for REDIS_URL; empty where a Secret holds it, or nothing is set. Users and passwords stand beside it. */}}
{{- define "belfry.redisUrl" -}}
{{- $redis := .Values.externalRedis -}}
{{- $scheme := ternary "rediss" "redis" $redis.tls.enabled -}}
{{- $database := int $redis.database -}}
{{- if .Values.valkey.enabled -}}
{{- printf "redis://%s.%s.svc:6379/0" (include "belfry.componentName" (dict "root" . "component" "valkey")) (include "belfry.namespace" .) -}}
{{- else if $redis.url -}}
{{- $redis.url -}}
{{- else if $redis.sentinel.enabled -}}
{{- printf "%s+sentinel://%s/%s/%d" $scheme (join "," $redis.sentinel.nodes) $redis.sentinel.masterName $database -}}
{{- else if $redis.cluster.enabled -}}
{{- printf "%s+cluster://%s" $scheme (join "," $redis.cluster.nodes) -}}
{{- else if $redis.host -}}
{{- $host := ternary (printf "[%s]" (trimAll "[]" $redis.host)) $redis.host (contains ":" $redis.host) -}}
{{- printf "%s://%s:%d/%d" $scheme $host (int $redis.port) $database -}}
{{- end -}}
{{- end -}}

{{/* Where the certificates for Redis are mounted. */}}
{{- define "belfry.redisTlsFolder" -}}
/etc/belfry/redis-tls
{{- end -}}

{{- define "belfry.redisEnv" -}}
{{- with include "belfry.redisUrl" . }}
- name: REDIS_URL
  value: {{ . | quote }}
{{- end }}
{{- if not .Values.valkey.enabled }}
{{- $redis := .Values.externalRedis }}
{{- with $redis.username }}
- name: REDIS_USERNAME
  value: {{ . | quote }}
{{- end }}
{{- if $redis.tls.caSecret }}
- name: REDIS_TLS_CA
  value: {{ include "belfry.redisTlsFolder" . }}/ca/{{ $redis.tls.caSecretKey }}
{{- end }}
{{- if $redis.tls.clientSecret }}
- name: REDIS_TLS_CERT
  value: {{ include "belfry.redisTlsFolder" . }}/client/{{ $redis.tls.clientSecretCertKey }}
- name: REDIS_TLS_KEY
  value: {{ include "belfry.redisTlsFolder" . }}/client/{{ $redis.tls.clientSecretKeyKey }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "belfry.redisTlsVolumes" -}}
{{- if not .Values.valkey.enabled }}
{{- with .Values.externalRedis.tls.caSecret }}
- name: redis-ca
  secret:
    secretName: {{ . }}
{{- end }}
{{- with .Values.externalRedis.tls.clientSecret }}
- name: redis-client
  secret:
    secretName: {{ . }}
    defaultMode: 288 # 0440: its group may read the key
{{- end }}
{{- end }}
{{- end -}}

{{- define "belfry.redisTlsMounts" -}}
{{- if not .Values.valkey.enabled }}
{{- if .Values.externalRedis.tls.caSecret }}
- name: redis-ca
  mountPath: {{ include "belfry.redisTlsFolder" . }}/ca
  readOnly: true
{{- end }}
{{- if .Values.externalRedis.tls.clientSecret }}
- name: redis-client
  mountPath: {{ include "belfry.redisTlsFolder" . }}/client
  readOnly: true
{{- end }}
{{- end }}
{{- end -}}
