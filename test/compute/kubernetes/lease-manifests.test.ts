import * as z from 'zod'
import { describe, expect, test } from 'vitest'
import {
  jobManifest,
  secretManifest,
  serviceManifest,
} from '../../../src/compute/kubernetes/lease-manifests.ts'
import { withDefaults } from '../../../src/compute/kubernetes/kubernetes-options.ts'
import type { KubernetesComputeOptions } from '../../../src/compute/kubernetes/kubernetes-options.ts'
import { machineRequest } from '../../contract/compute-contract.ts'
import { makeOnionKey } from '../../../src/ssh/onion-key.ts'
import { quietLog } from '../../support/quiet-log.ts'

const BASELINE = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]

const container = z.object({
  name: z.string(),
  image: z.string(),
  restartPolicy: z.string().optional(),
  command: z.array(z.string()).optional(),
  env: z.array(z.object({ name: z.string(), value: z.string().optional() })).default([]),
  ports: z.array(z.object({ containerPort: z.number(), hostPort: z.number().optional() })).default([]),
  resources: z.object({
    requests: z.record(z.string(), z.string()),
    limits: z.record(z.string(), z.string()),
  }),
  securityContext: z.looseObject({
    allowPrivilegeEscalation: z.literal(false),
    capabilities: z.object({ drop: z.tuple([z.literal('ALL')]), add: z.array(z.string()).default([]) }),
  }),
})
const podSchema = z.looseObject({ initContainers: z.array(container), containers: z.array(container) })
const jobSchema = z.object({
  spec: z.looseObject({ template: z.object({ spec: podSchema }) }),
})

function options(changes: Partial<KubernetesComputeOptions> = {}): ReturnType<typeof withDefaults> {
  return withDefaults({
    clock: { now: () => 0 },
    random: { bytes: (count) => new Uint8Array(count) },
    log: quietLog(),
    namespace: 'user-workloads',
    sshHost: 'host',
    portRange: { first: 30_000, last: 30_001 },
    holdImage: 'provider/own:1',
    ...changes,
  })
}

function podOf(changes: Partial<KubernetesComputeOptions> = {}): z.output<typeof podSchema> {
  return jobSchema.parse(jobManifest(machineRequest(1), options(changes), 30_000)).spec.template.spec
}

describe('the Job of a lease', () => {
  test('is not started, is never given up, and goes some time after its end', () => {
    const { spec } = jobSchema.parse(jobManifest(machineRequest(1), options(), 30_000))
    expect(spec).toMatchObject({
      suspend: true,
      backoffLimit: 2_147_483_647,
      ttlSecondsAfterFinished: 120,
    })
    expect(spec).not.toHaveProperty('activeDeadlineSeconds')
  })

  test('keeps the SSH server running beside a container that never ends well', () => {
    const { initContainers, containers } = podOf()
    expect(initContainers.map(({ name, restartPolicy }) => [name, restartPolicy])).toEqual([
      ['prepare', undefined],
      ['ssh-server', 'Always'],
    ])
    expect(containers.map(({ name, command }) => [name, command?.[2]])).toEqual([
      ['hold', expect.stringContaining("trap 'exit 143' TERM")],
    ])
  })

  test('gives away no right that Pod Security "baseline" forbids, and no token', () => {
    const pod = podOf()
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
      terminationGracePeriodSeconds: 5,
      restartPolicy: 'OnFailure',
    })
    for (const name of ['hostNetwork', 'hostPID', 'hostIPC']) expect(pod).not.toHaveProperty(name)
    const all = [...pod.initContainers, ...pod.containers]
    const added = all.flatMap(({ securityContext }) => securityContext.capabilities.add)
    expect(added.filter((name) => !BASELINE.includes(name))).toEqual([])
    expect(all.flatMap(({ ports }) => ports).filter(({ hostPort }) => hostPort !== undefined)).toEqual([])
  })

  test('limits what it asks for, disk included', () => {
    const { initContainers, containers } = podOf({ storageMb: 777 })
    for (const { resources } of [...initContainers, ...containers])
      expect(resources.limits).toEqual(resources.requests)
    expect(initContainers[1]?.resources.limits).toEqual({
      cpu: '500m',
      memory: '256Mi',
      'ephemeral-storage': '777Mi',
    })
  })

  test('has no secret, and nothing that a buyer wrote, in a command or a variable', () => {
    const request = machineRequest(1, {
      password: 'pass$(id)',
      authorizedKey: 'ssh-ed25519 AAAA',
      username: 'ann',
    })
    const text = JSON.stringify(jobManifest(request, options(), 30_000))
    for (const secret of ['pass$(id)', 'AAAA', request.podSecretKey, 'PRIVATE KEY', '"ann"']) {
      expect(text).not.toContain(secret)
    }
    expect(JSON.stringify(secretManifest(request, 'uid'))).toContain('pass$(id)')
  })

  test('lets in by what was given: a password, a key, or both', () => {
    const variables = (changes: Parameters<typeof machineRequest>[1]): Record<string, string | undefined> => {
      const { password: _none, ...bare } = machineRequest(1)
      const job = jobSchema.parse(jobManifest({ ...bare, ...changes }, options(), 30_000))
      const server = job.spec.template.spec.initContainers[1]
      return Object.fromEntries((server?.env ?? []).map(({ name, value }) => [name, value]))
    }
    expect(variables({ authorizedKey: 'ssh-ed25519 AAAA' })).toMatchObject({
      PASSWORD_ACCESS: 'false',
      PUBLIC_KEY_FILE: '/etc/paygress/access/authorized_keys',
    })
    expect(variables({ authorizedKey: 'ssh-ed25519 AAAA' })).not.toHaveProperty('USER_PASSWORD_FILE')
    expect(variables({ password: 'x' })).toMatchObject({
      PASSWORD_ACCESS: 'true',
      USER_PASSWORD_FILE: '/etc/paygress/access/password',
    })
    expect(variables({ password: 'x' })).not.toHaveProperty('PUBLIC_KEY_FILE')
  })

  test('takes a port of its node only where that was chosen', () => {
    expect(podOf({ exposure: 'hostport' }).initContainers[1]?.ports).toEqual([
      { containerPort: 2_222, hostPort: 30_000 },
    ])
  })

  test('runs as its provider has set: runtime, user namespace, image that holds the pod', () => {
    const pod = podOf({ runtimeClassName: 'gvisor', hostUsers: false, holdImage: 'busybox:1' })
    expect(pod).toMatchObject({ runtimeClassName: 'gvisor', hostUsers: false })
    expect(pod.containers[0]?.image).toBe('busybox:1')
    expect(pod.initContainers.map(({ image }) => image)).toEqual(['busybox:1', machineRequest(1).image])
    expect(podOf()).not.toHaveProperty('hostUsers')
  })

  test('runs the image of its buyer where its buyer works, and nowhere else', () => {
    const { image } = machineRequest(1)
    expect(image).not.toBe('provider/own:1')
    const pod = podOf()
    const images = [...pod.initContainers, ...pod.containers].map((one) => [one.name, one.image])
    expect(images).toEqual([
      ['prepare', 'provider/own:1'],
      ['ssh-server', image],
      ['hold', 'provider/own:1'],
    ])
  })
})

test('Service and Secret go with the Job, without rights over its end', () => {
  const { leaseId } = machineRequest(1)
  const owner = { kind: 'Job', name: 'ssh-pod-00000001', uid: 'uid', blockOwnerDeletion: false }
  for (const manifest of [
    secretManifest(machineRequest(1), 'uid'),
    serviceManifest(leaseId, 'uid', 30_001),
  ]) {
    expect(manifest).toMatchObject({ metadata: { ownerReferences: [owner] } })
  }
  expect(serviceManifest(leaseId, 'uid', 30_001)).toMatchObject({
    spec: {
      type: 'NodePort',
      selector: { 'paygress.io/lease': leaseId },
      ports: [{ targetPort: 2_222, nodePort: 30_001 }],
    },
  })
})

describe('a machine with an onion address', () => {
  const onion = makeOnionKey({ bytes: (count) => new Uint8Array(count).fill(7) })
  const request = machineRequest(1, { onion, username: 'ann', password: 'pass$(id)' })
  const withTor = (changes: Partial<KubernetesComputeOptions> = {}): z.output<typeof podSchema> =>
    jobSchema.parse(jobManifest(request, options({ torImage: 'tor:1', ...changes }), 30_000)).spec.template
      .spec

  test('has Tor beside it in a container that no Job counts, as small in rights as the one that holds', () => {
    const { initContainers, containers } = withTor()
    expect(initContainers.map(({ name, restartPolicy }) => [name, restartPolicy])).toEqual([
      ['prepare', undefined],
      ['ssh-server', 'Always'],
      ['tor-sidecar', 'Always'],
    ])
    const tor = initContainers[2]
    expect(tor?.securityContext).toEqual(containers[0]?.securityContext)
    expect(tor?.image).toBe('tor:1')
    expect(tor?.resources.limits).toEqual(tor?.resources.requests)
    expect(jobTemplate(request).initContainers[2]).not.toHaveProperty('readinessProbe')
  })

  test('shows its key to that container alone', () => {
    const text = JSON.stringify(withTor())
    expect(text).not.toContain(onion.secretKey)
    expect(text).not.toContain(Buffer.from(onion.secretKey, 'hex').toString('base64'))
    const mounting = z
      .looseObject({ name: z.string(), volumeMounts: z.array(z.object({ name: z.string() })).default([]) })
      .array()
    const { initContainers, containers } = jobTemplate(request)
    const holders = mounting
      .parse([...initContainers, ...containers])
      .filter(({ volumeMounts }) => volumeMounts.some(({ name }) => name === 'onion'))
    expect(holders.map(({ name }) => name)).toEqual(['tor-sidecar'])
  })

  test('is ready only when Tor has reached its network, where there is no other way in', () => {
    const { initContainers } = jobTemplate(request, { exposure: 'none' })
    expect(initContainers[2]).toMatchObject({
      readinessProbe: { exec: { command: expect.arrayContaining(['Bootstrapped 100%']) } },
    })
  })

  test('has nothing of a request in the settings of Tor', () => {
    const { data } = z
      .object({ data: z.record(z.string(), z.string()) })
      .parse(secretManifest(request, 'uid'))
    const settings = Buffer.from(data['torrc'] ?? '', 'base64').toString()
    expect(settings).toContain('HiddenServicePort 2222 127.0.0.1:2222')
    for (const word of ['ann', 'pass', onion.address]) expect(settings).not.toContain(word)
    expect(Buffer.from(data['hostname'] ?? '', 'base64').toString()).toBe(`${onion.address}\n`)
    expect(secretManifest(machineRequest(1), 'uid')).toMatchObject({ data: {} })
  })
})

const looseJob = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({ initContainers: z.array(z.unknown()), containers: z.array(z.unknown()) }),
    }),
  }),
})

function jobTemplate(
  request: Parameters<typeof jobManifest>[0],
  changes: Partial<KubernetesComputeOptions> = {},
): z.output<typeof looseJob>['spec']['template']['spec'] {
  return looseJob.parse(jobManifest(request, options({ torImage: 'tor:1', ...changes }), 30_000)).spec
    .template.spec
}
