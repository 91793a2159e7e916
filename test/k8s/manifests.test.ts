// Do the files that a provider applies agree with each other and with the program?
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse as parseEnv } from 'dotenv'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import * as z from 'zod'
import { PERMISSIONS } from '../../src/compute/kubernetes/check-permissions.ts'
import { environment } from '../../src/provider/config-environment.ts'
import { parseProviderConfig } from '../../src/provider/config.ts'
import { parseSpecs } from '../../src/provider/config-specs.ts'
import { readManifests } from '../support/kubernetes/manifests.ts'

const ROOT = join(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

test('the namespaces come first, and the file of the namespaces alone says the same', () => {
  const namespaces = readManifests('k8s/namespaces.yaml')
  expect(namespaces.map(({ kind }) => kind)).toEqual(['Namespace', 'Namespace'])
  expect(readManifests('k8s/sidecar-service.yaml').slice(0, 2)).toEqual(namespaces)
})

test('`kubectl apply -f k8s/` meets the namespaces before anything that is in them', () => {
  const files = readdirSync(join(ROOT, 'k8s')).filter((name) => /\.(ya?ml|json)$/.test(name))
  expect(files.toSorted()).toEqual(['namespaces.yaml', 'networkpolicy.yaml', 'sidecar-service.yaml'])
})

test('`kubectl apply -k k8s/` takes every file but the double one', () => {
  expect(parse(read('k8s/Kustomization'))).toMatchObject({
    resources: ['sidecar-service.yaml', 'networkpolicy.yaml'],
  })
})

test('the Role grants exactly what the program asks of the API server', () => {
  const role = readManifests('k8s/sidecar-service.yaml').find(({ kind }) => kind === 'Role')
  const rule = z.object({
    apiGroups: z.tuple([z.string()]),
    resources: z.tuple([z.string()]),
    verbs: z.array(z.string()),
  })
  const granted = z.array(rule).parse(role?.['rules'])
  const byResource = (one: { resource: string }, other: { resource: string }): number =>
    one.resource.localeCompare(other.resource)
  expect(
    granted
      .map(({ apiGroups: [group], resources: [resource], verbs }) => ({ group, resource, verbs }))
      .toSorted(byResource),
  ).toEqual(
    PERMISSIONS.map(({ group, resource, verbs }) => ({ group, resource, verbs })).toSorted(byResource),
  )
})

test('the specs that come with the project can be offered', () => {
  const specs = parseSpecs(read('pod-specs.json'))
  expect('specs' in specs ? specs.specs.map(({ id }) => id) : specs.problems).toEqual([
    'basic',
    'standard',
    'premium',
  ])
})

test('the template of the configuration is a usable one once its address is filled in', () => {
  const template = parseEnv(read('.env.template'))
  const config = parseProviderConfig({ ...template, SSH_HOST: '203.0.113.7' }, (path) => read(path))
  expect(config).toMatchObject({ backend: 'kubernetes', notices: [] })
  expect(
    Object.keys(template).filter((name) => !(name in environment.shape || name === 'POD_SPECS_FILE')),
  ).toEqual([])
})

test('the machines may not talk to private networks, metadata services or mail servers', () => {
  const policies = readManifests('k8s/networkpolicy.yaml')
  const internet = policies.find(({ metadata }) => metadata.name === 'paygress-internet')
  const ports = z.array(z.object({ protocol: z.string(), port: z.int(), endPort: z.int() }))
  const block = z.object({ ipBlock: z.object({ cidr: z.string(), except: z.array(z.string()) }) })
  const egress = z
    .object({ spec: z.object({ egress: z.tuple([z.object({ to: z.array(block), ports })]) }) })
    .parse(internet).spec.egress[0]
  expect(egress.to[0]?.ipBlock.except).toEqual(
    expect.arrayContaining([
      '10.0.0.0/8',
      '172.16.0.0/12',
      '192.168.0.0/16',
      '100.64.0.0/10',
      '169.254.0.0/16',
    ]),
  )
  const mail = egress.ports.filter(({ protocol, port, endPort }) => {
    return protocol === 'TCP' && port <= 25 && endPort >= 25
  })
  expect(mail).toEqual([])
})
