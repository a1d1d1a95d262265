{{/* The configuration file of one pool: (dict "name" "heavy" "pool" map). Variables cannot say what a pool is. */}}
{{- define "belfry.poolFile" -}}
{{- $pool := pick .pool "queues" "order" "concurrency" -}}
{{- toPrettyJson (dict "pools" (dict .name $pool)) -}}
{{- end -}}

{{- define "belfry.poolsConfigMap" -}}
{{- include "belfry.componentName" (dict "root" . "component" "pools") -}}
{{- end -}}

{{/* Arguments of belfry.deployment for one pool: (dict "root" $ "name" "heavy" "pool" map). */}}
{{- define "belfry.poolDeployment" -}}
{{- $own := .pool -}}
{{- if ne .pool.autoscaling.type "none" -}}
{{- $own = omit .pool "replicas" -}}
{{- end -}}
{{- include "belfry.deployment" (dict
  "root" .root "role" "worker" "component" "worker" "pool" .name "own" $own
  "args" (list "start" "--role" "worker" "--pool" .name "--config" "/etc/belfry/config/belfry.config.json")
  "automount" .root.Values.rbac.containerJobs
  "poolConfig" (dict "configMap" (include "belfry.poolsConfigMap" .root) "key" (printf "%s.json" .name) "text" (include "belfry.poolFile" .)))
-}}
{{- end -}}

{{/*
Every trigger of a ScaledObject, as {triggers: […]}: (dict "root" $ "name" "heavy" "pool" map). The question for the backlog
names the queues: a pool that starts with zero workers is one that nobody has heard of.
*/}}
{{- define "belfry.kedaTriggers" -}}
{{- $keda := .pool.autoscaling.keda -}}
{{- $triggers := list -}}
{{- $query := printf "pool=%s&queues=%s" .name (join "," .pool.queues | urlquery) -}}
{{- with $keda.backlog -}}
{{- if .enabled -}}
{{- $triggers = append $triggers (dict "type" "metrics-api" "metadata" (dict
  "url" (printf "%s/api/v1/queues/backlog?%s" (.url | default (include "belfry.apiUrl" $.root) | trimSuffix "/") $query)
  "valueLocation" "backlog"
  "targetValue" (toString (.targetPerReplica | default $.pool.concurrency))
  "activationTargetValue" (toString .activationTarget)
  "authMode" "bearer")
  "authenticationRef" (dict "name" (include "belfry.componentName" (dict "root" $.root "component" "keda")))) -}}
{{- end -}}
{{- end -}}
{{- with $keda.prometheus -}}
{{- if .enabled -}}
{{- $trigger := dict "type" "prometheus" "metadata" (dict
  "serverAddress" .serverAddress
  "query" (.query | default (include "belfry.backlogQuery" $.pool))
  "threshold" (toString (.threshold | default $.pool.concurrency))
  "activationThreshold" (toString .activationThreshold)) -}}
{{- with .authenticationRef -}}
{{- $_ := set $trigger "authenticationRef" . -}}
{{- end -}}
{{- $triggers = append $triggers $trigger -}}
{{- end -}}
{{- end -}}
{{- range $keda.cron -}}
{{- $triggers = append $triggers (dict "type" "cron" "metadata" (dict "timezone" .timezone "start" .start "end" .end "desiredReplicas" (toString .desiredReplicas))) -}}
{{- end -}}
{{- toYaml (dict "triggers" (concat $triggers $keda.triggers)) -}}
{{- end -}}

{{/* Ready runs of a pool's queues, from any of the processes that all tell the same. */}}
{{- define "belfry.backlogQuery" -}}
{{- $names := list -}}
{{- range .queues -}}
{{- $names = append $names (regexReplaceAll ":[0-9]+$" . "" | replace "." "[.]") -}}
{{- end -}}
{{- $queues := ternary "" (printf "queue=~\"%s\"," (join "|" $names)) (has "*" $names) -}}
{{- printf "sum(max by (queue) (belfry_queue_depth{%sstate=\"ready\"}))" $queues -}}
{{- end -}}
