{{/*
The pod of a process. Takes a dict:
  root      the chart's context
  process   its name: oms, venues, worker, venuesim, marketdata or tca
  args      of the command `headgate`
  resources requests and limits
  env       more environment, a list
  ports     more container ports, a list of {name, port}
  store     whether it keeps a FIX store, in the volume claim "store"
  recordings  a volume claim to mount for reading
  probes    whether it serves /livez and /readyz
*/}}
{{- define "headgate.pod" -}}
{{- $values := .root.Values -}}
metadata:
  labels:
    {{- include "headgate.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .process }}
  {{- if or $values.podAnnotations (not $values.existingConfigMap) }}
  annotations:
  {{- end }}
    {{- if not $values.existingConfigMap }}
    # Settings are read at the start: a change of them is a restart.
    checksum/settings: {{ printf "%s%s" (tpl $values.settings .root) $values.instruments | sha256sum }}
    {{- end }}
    {{- with $values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "headgate.serviceAccount" .root }}
  automountServiceAccountToken: false
  enableServiceLinks: false # its variables would be settings to no one, and there are many
  terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
  {{- with $values.imagePullSecrets }}
  imagePullSecrets: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  securityContext: {{ toYaml $values.podSecurityContext | nindent 4 }}
  {{- with $values.nodeSelector }}
  nodeSelector: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.tolerations }}
  tolerations: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- if $values.affinity }}
  affinity: {{ toYaml $values.affinity | nindent 4 }}
  {{- else if eq .process "worker" }}
  affinity:
    podAntiAffinity:
      preferredDuringSchedulingIgnoredDuringExecution:
        - weight: 100
          podAffinityTerm:
            topologyKey: kubernetes.io/hostname
            labelSelector:
              matchLabels:
                {{- include "headgate.selector" .root | nindent 16 }}
                app.kubernetes.io/component: worker
  {{- end }}
  containers:
    - name: {{ .process }}
      image: {{ include "headgate.image" .root }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      args: {{ toJson .args }}
      env:
        {{- include "headgate.env" . | nindent 8 }}
      {{- if .probes }}
      ports:
        - { name: http, containerPort: {{ $values.httpPort }} }
        {{- range .ports }}
        - { name: {{ .name }}, containerPort: {{ .port }} }
        {{- end }}
      startupProbe:
        httpGet: { path: /livez, port: http }
        {{- toYaml $values.startupProbe | nindent 8 }}
      livenessProbe:
        httpGet: { path: /livez, port: http }
        {{- toYaml $values.livenessProbe | nindent 8 }}
      readinessProbe:
        httpGet: { path: /readyz, port: http }
        {{- toYaml $values.readinessProbe | nindent 8 }}
      {{- end }}
      resources: {{ toYaml .resources | nindent 8 }}
      securityContext: {{ toYaml $values.securityContext | nindent 8 }}
      volumeMounts:
        - { name: settings, mountPath: /etc/headgate, readOnly: true }
        - { name: tmp, mountPath: /tmp }
        {{- if .store }}
        - { name: store, mountPath: /var/lib/headgate/{{ .process }} }
        {{- end }}
        {{- if .recordings }}
        - { name: recordings, mountPath: /var/lib/headgate/recordings, readOnly: true }
        {{- end }}
        {{- if $values.kafka.secretFiles }}
        - { name: kafka-files, mountPath: /run/secrets/kafka-files, readOnly: true }
        {{- end }}
        {{- if $values.kafka.secretProperties }}
        - { name: kafka-properties, mountPath: /run/secrets/kafka-properties, readOnly: true }
        {{- end }}
        {{- if and (eq .process "oms") $values.oms.passwords }}
        - { name: oms-passwords, mountPath: /run/secrets/oms, readOnly: true }
        {{- end }}
  volumes:
    - name: settings
      configMap: { name: {{ include "headgate.configMap" .root }} }
    - name: tmp
      emptyDir: { medium: Memory, sizeLimit: 16Mi }
    {{- with .recordings }}
    - name: recordings
      persistentVolumeClaim: { claimName: {{ . }}, readOnly: true }
    {{- end }}
    {{- with $values.kafka.secretFiles }}
    - name: kafka-files
      secret: { secretName: {{ $values.kafka.existingSecret }}, defaultMode: 0440, items: {{ include "headgate.items" . }} }
    {{- end }}
    {{- with $values.kafka.secretProperties }}
    - name: kafka-properties
      secret: { secretName: {{ $values.kafka.existingSecret }}, defaultMode: 0440, items: {{ include "headgate.items" . }} }
    {{- end }}
    {{- if and (eq .process "oms") $values.oms.passwords }}
    - name: oms-passwords
      secret: { secretName: {{ $values.oms.existingSecret }}, defaultMode: 0440, items: {{ include "headgate.items" $values.oms.passwords }} }
    {{- end }}
{{- end -}}

{{/* The keys of a secret that a map names as its values, each as a file of the same name. */}}
{{- define "headgate.items" -}}
{{- $items := list -}}
{{- range $key := values . | uniq | sortAlpha -}}
{{- $items = append $items (dict "key" $key "path" $key) -}}
{{- end -}}
{{- toJson $items -}}
{{- end -}}

{{/* The environment: what overlays the settings file, the same for every process but for .env. */}}
{{- define "headgate.env" -}}
{{- $values := .root.Values -}}
{{- $client := deepCopy $values.kafka.client -}}
{{- range $property, $key := $values.kafka.secretFiles -}}
{{- $_ := set $client $property (printf "/run/secrets/kafka-files/%s" $key) -}}
{{- end -}}
- { name: HEADGATE__BUS__BOOTSTRAP_SERVERS, value: {{ $values.kafka.bootstrapServers | quote }} }
- { name: HEADGATE__BUS__PREFIX, value: {{ $values.kafka.prefix | quote }} }
- { name: HEADGATE__BUS__PARTITIONS, value: {{ $values.kafka.partitions | int | quote }} }
- { name: HEADGATE__BUS__REPLICATION_FACTOR, value: {{ $values.kafka.replicationFactor | int | quote }} }
{{- if $client }}
- { name: HEADGATE__BUS__CLIENT, value: {{ toJson $client | quote }} }
{{- end }}
{{- range $property, $key := $values.kafka.secretProperties }}
- { name: HEADGATE__BUS__CLIENT__{{ upper $property }}_FILE, value: /run/secrets/kafka-properties/{{ $key }} }
{{- end }}
- { name: HEADGATE__HTTP__PORT, value: {{ $values.httpPort | int | quote }} }
- { name: HEADGATE__LOG__LEVEL, value: {{ $values.logLevel | quote }} }
{{- with .env }}
{{ toYaml . }}
{{- end }}
{{- if eq .process "oms" }}
{{- range $number, $key := $values.oms.passwords }}
- { name: HEADGATE__OMS__SESSIONS__{{ $number }}__PASSWORD_FILE, value: /run/secrets/oms/{{ $key }} }
{{- end }}
{{- end }}
{{- with $values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The volume claim of a FIX store. Takes the values of its persistence. */}}
{{- define "headgate.store" -}}
- metadata: { name: store }
  spec:
    accessModes: [ReadWriteOnce]
    {{- with .storageClass }}
    storageClassName: {{ . }}
    {{- end }}
    resources: { requests: { storage: {{ .size }} } }
{{- end -}}
