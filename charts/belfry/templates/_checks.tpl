{{/* Adds words to a list of mistakes: (dict "to" dict with "all" "if" condition "say" words). */}}
{{- define "belfry.mistake" -}}
{{- if .if -}}
{{- $_ := set .to "all" (append .to.all .say) -}}
{{- end -}}
{{- end -}}

{{/* Refuses values that contradict each other, all at once. What one value alone may be is said by the schema. */}}
{{- define "belfry.check" -}}
{{- $mistakes := dict "all" list -}}
{{- include "belfry.checkRedis" (dict "root" . "mistakes" $mistakes) -}}
{{- include "belfry.checkSecrets" (dict "root" . "mistakes" $mistakes) -}}
{{- include "belfry.checkRoles" (dict "root" . "mistakes" $mistakes) -}}
{{- range $name, $pool := include "belfry.pools" . | fromYaml -}}
{{- include "belfry.checkPool" (dict "root" $ "mistakes" $mistakes "name" $name "pool" $pool) -}}
{{- end -}}
{{- include "belfry.checkAlerts" (dict "root" . "mistakes" $mistakes) -}}
{{- with $mistakes.all -}}
{{- fail (printf "\n\nThe values of belfry contradict each other:\n  - %s\n" (join "\n  - " .)) -}}
{{- end -}}
{{- end -}}

{{/* Whether any pod of this release runs Belfry: "yes" or nothing. */}}
{{- define "belfry.runs" -}}
{{- if or .Values.scheduler.enabled .Values.api.enabled .Values.apply.enabled .Values.apply.gate.enabled (include "belfry.pools" . | fromYaml) -}}yes{{- end -}}
{{- end -}}

{{- define "belfry.checkRedis" -}}
{{- $redis := .root.Values.externalRedis -}}
{{- $ways := list -}}
{{- if $redis.url -}}{{- $ways = append $ways "url" -}}{{- end -}}
{{- if $redis.host -}}{{- $ways = append $ways "host" -}}{{- end -}}
{{- if $redis.sentinel.enabled -}}{{- $ways = append $ways "sentinel" -}}{{- end -}}
{{- if $redis.cluster.enabled -}}{{- $ways = append $ways "cluster" -}}{{- end -}}
{{- if $redis.existingSecretUrlKey -}}{{- $ways = append $ways "existingSecretUrlKey" -}}{{- end -}}
{{- $isValkey := .root.Values.valkey.enabled -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (and $isValkey (gt (len $ways) 0))
  "say" (printf "valkey.enabled and externalRedis.%s are both set: set valkey.enabled to false to use your own Redis" (join ", " $ways))) -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (and (not $isValkey) (eq (len $ways) 0) (include "belfry.runs" .root))
  "say" "there is no Redis: set externalRedis.host (or url, sentinel, cluster), or valkey.enabled to try Belfry out") -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (gt (len $ways) 1)
  "say" (printf "externalRedis is said in more than one way: %s; keep one" (join ", " $ways))) -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (regexMatch "^[^/]*//.*:.*@" ($redis.url | default ""))
  "say" "externalRedis.url holds a password, which every pod would show: leave it out and put it into a Secret that externalRedis.existingSecret names, or the whole URL, with existingSecretUrlKey") -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (and $redis.existingSecretUrlKey (not $redis.existingSecret))
  "say" "externalRedis.existingSecretUrlKey needs externalRedis.existingSecret: the Secret that holds the URL") -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (and $redis.sentinel.enabled (not $redis.sentinel.nodes))
  "say" "externalRedis.sentinel.enabled needs externalRedis.sentinel.nodes, such as [\"sentinel-0:26379\", \"sentinel-1:26379\"]") -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (and $redis.cluster.enabled (not $redis.cluster.nodes))
  "say" "externalRedis.cluster.enabled needs externalRedis.cluster.nodes, such as [\"redis-0:6379\", \"redis-1:6379\"]") -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (and $redis.cluster.enabled (ne (int $redis.database) 0))
  "say" "externalRedis.database is set, and a cluster has database 0 only") -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (and (or $redis.url $redis.existingSecretUrlKey) (ne (int $redis.database) 0))
  "say" "externalRedis.database is set beside a whole URL, which names the database itself: redis://host:6379/3") -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (and (or $redis.tls.caSecret $redis.tls.clientSecret) (not $redis.tls.enabled))
  "say" "externalRedis.tls names certificates, and externalRedis.tls.enabled is false") -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (and $redis.url $redis.tls.enabled (not (hasPrefix "rediss" $redis.url)))
  "say" "externalRedis.tls.enabled is true, and externalRedis.url does not begin with rediss") -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (and $redis.password $redis.existingSecret $redis.existingSecretPasswordKey (not $redis.existingSecretUrlKey))
  "say" "externalRedis.password and externalRedis.existingSecret are both set: keep the Secret") -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (eq (mod (len $redis.redlock.urls) 2) 1)
  "say" (printf "externalRedis.redlock.urls names %d servers: with the data Redis the lock needs an odd number, so name an even one" (len $redis.redlock.urls))) -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (and $redis.redlock.urls $redis.redlock.existingSecret)
  "say" "externalRedis.redlock.urls and externalRedis.redlock.existingSecret are both set: keep one") -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (and .root.Values.valkey.auth.password .root.Values.valkey.auth.existingSecret)
  "say" "valkey.auth.password and valkey.auth.existingSecret are both set: keep one") -}}
{{- end -}}

{{- define "belfry.checkSecrets" -}}
{{- range $name := list "apiToken" "payloadKeys" "signingKeys" -}}
{{- $secret := get $.root.Values $name -}}
{{- include "belfry.mistake" (dict "to" $.mistakes "if" (and $secret.value $secret.existingSecret)
  "say" (printf "%s.value and %s.existingSecret are both set: keep the Secret" $name $name)) -}}
{{- end -}}
{{- $signing := .root.Values.signingKeys -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (and .root.Values.config.requireSigned (not $signing.value) (not $signing.existingSecret))
  "say" "config.requireSigned needs signingKeys: without a key no signature can be verified") -}}
{{- end -}}

{{- define "belfry.checkRoles" -}}
{{- $values := .root.Values -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (hasKey $values.scheduler "autoscaling")
  "say" "the scheduler is never autoscaled: one replica leads a shard and the others stand by; set scheduler.replicas, and config.shards to share the work") -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (lt (int $values.scheduler.replicas) 1)
  "say" "scheduler.replicas is below 1: then nothing fires; to run none set scheduler.enabled to false") -}}
{{- range $name := list "scheduler" "api" -}}
{{- if (get $values $name).enabled -}}
{{- include "belfry.checkDeployment" (dict "mistakes" $.mistakes "place" $name "own" (get $values $name)) -}}
{{- end -}}
{{- end -}}
{{- range $name := list "ingress" "httpRoute" -}}
{{- include "belfry.mistake" (dict "to" $.mistakes "if" (and (get $values.api $name).enabled (not $values.api.enabled))
  "say" (printf "api.%s.enabled is true, and api.enabled is false" $name)) -}}
{{- end -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (and $values.api.ingress.enabled (not $values.api.ingress.hosts))
  "say" "api.ingress.enabled needs api.ingress.hosts, such as [{host: belfry.example.com}]") -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (and $values.api.httpRoute.enabled (not $values.api.httpRoute.parentRefs))
  "say" "api.httpRoute.enabled needs api.httpRoute.parentRefs: the Gateway that it belongs to") -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (and $values.metrics.serviceMonitor.enabled (not $values.api.enabled))
  "say" "metrics.serviceMonitor is for the API, and api.enabled is false: use metrics.podMonitor") -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (and $values.api.service.nodePort (eq $values.api.service.type "ClusterIP"))
  "say" "api.service.nodePort is set, and api.service.type is ClusterIP: set it to NodePort or LoadBalancer") -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (and $values.tracing.enabled (not $values.tracing.endpoint))
  "say" "tracing.enabled needs tracing.endpoint, such as http://otel-collector:4318") -}}
{{- end -}}

{{/* What Kubernetes would refuse of a Deployment: (dict "mistakes" … "place" "api" "own" settings of the role). */}}
{{- define "belfry.checkDeployment" -}}
{{- $sleep := int .own.preStopSleepSeconds -}}
{{- $grace := int .own.terminationGracePeriodSeconds -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (ge $sleep $grace)
  "say" (printf "%s.preStopSleepSeconds is %d and terminationGracePeriodSeconds %d: nothing is left to end in" .place $sleep $grace)) -}}
{{- $roll := .own.updateStrategy.rollingUpdate | default dict -}}
{{- $isStuck := and (has (toString $roll.maxSurge) (list "0" "0%")) (has (toString $roll.maxUnavailable) (list "0" "0%")) -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (and $isStuck (eq .own.updateStrategy.type "RollingUpdate"))
  "say" (printf "%s.updateStrategy.rollingUpdate: maxSurge and maxUnavailable are both 0, so no pod may ever be replaced" .place)) -}}
{{- end -}}

{{- define "belfry.checkPool" -}}
{{- $place := printf "workers.pools.%s" .name -}}
{{- include "belfry.checkDeployment" (dict "mistakes" .mistakes "place" $place "own" .pool) -}}
{{- $scaling := .pool.autoscaling -}}
{{- $keda := $scaling.keda -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (and (eq .pool.order "strict") (contains ":" (join " " .pool.queues)))
  "say" (printf "%s: a strict order has no weights, and queues are %s" $place (join ", " .pool.queues))) -}}
{{- if ne $scaling.type "none" -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (gt (int $scaling.minReplicas) (int $scaling.maxReplicas))
  "say" (printf "%s.autoscaling: minReplicas is %d and maxReplicas is %d" $place (int $scaling.minReplicas) (int $scaling.maxReplicas))) -}}
{{- end -}}
{{- if eq $scaling.type "hpa" -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (lt (int $scaling.minReplicas) 1)
  "say" (printf "%s.autoscaling: an HPA cannot go to zero; set minReplicas to 1, or type to keda" $place)) -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (and (not $scaling.hpa.metrics) (not (dig "requests" "cpu" "" (.pool.resources | default dict))))
  "say" (printf "%s.autoscaling: an HPA by CPU needs resources.requests.cpu; set it, or hpa.metrics" $place)) -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (or $keda.cron $keda.triggers $keda.prometheus.enabled)
  "say" (printf "%s.autoscaling: type is hpa, and triggers for keda are set; a pool has one autoscaler" $place)) -}}
{{- else if eq $scaling.type "keda" -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (not (empty $scaling.hpa.metrics))
  "say" (printf "%s.autoscaling: type is keda, and hpa.metrics are set; a pool has one autoscaler" $place)) -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (not (or $keda.backlog.enabled $keda.prometheus.enabled $keda.cron $keda.triggers))
  "say" (printf "%s.autoscaling: keda has no trigger; enable keda.backlog" $place)) -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (and (ne (toString $keda.idleReplicaCount) "") (le (int $scaling.minReplicas) (int $keda.idleReplicaCount)))
  "say" (printf "%s.autoscaling: keda.idleReplicaCount must be below minReplicas, and both are %d; leave it out" $place (int $scaling.minReplicas))) -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (and $keda.prometheus.enabled (not $keda.prometheus.serverAddress))
  "say" (printf "%s.autoscaling: keda.prometheus needs serverAddress, such as http://prometheus.monitoring:9090" $place)) -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (and $keda.fallback (not (and (hasKey $keda.fallback "failureThreshold") (hasKey $keda.fallback "replicas"))))
  "say" (printf "%s.autoscaling: keda.fallback needs both failureThreshold and replicas" $place)) -}}
{{- if $keda.backlog.enabled -}}
{{- $token := .root.Values.apiToken -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (and (not .root.Values.api.enabled) (not $keda.backlog.url))
  "say" (printf "%s.autoscaling: keda asks the API for the backlog, and api.enabled is false; enable it, or set keda.backlog.url" $place)) -}}
{{- include "belfry.mistake" (dict "to" .mistakes "if" (not (or $token.value $token.existingSecret))
  "say" (printf "%s.autoscaling: keda asks the API for the backlog with its token; set apiToken.existingSecret" $place)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* A typing error in the name of an alert must not leave it as it is in silence. */}}
{{- define "belfry.checkAlerts" -}}
{{- $rule := .root.Values.metrics.prometheusRule -}}
{{- with concat $rule.disabled (keys $rule.overrides) | uniq | sortAlpha -}}
{{- $known := list -}}
{{- range (include "belfry.ruleGroups" $.root | fromYaml).groups -}}
{{- range .rules -}}
{{- $known = append $known (.alert | default "") -}}
{{- end -}}
{{- end -}}
{{- range $name := . -}}
{{- include "belfry.mistake" (dict "to" $.mistakes "if" (not (has $name $known))
  "say" (printf "metrics.prometheusRule names the alert %s, which there is not; known: %s" $name (join ", " (without $known "" | uniq)))) -}}
{{- end -}}
{{- end -}}
{{- end -}}
