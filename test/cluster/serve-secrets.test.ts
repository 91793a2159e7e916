// Where do a buyer's password, the machine's keys and the money lie during a whole order? In the lease's Secret and nowhere else.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { nip19 } from 'nostr-tools'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { startMint } from '../../src/devnet/mint/start-mint.ts'
import { startRelay } from '../../src/devnet/relay/start-relay.ts'
import { type NamespaceObject, objectsOf } from '../support/kubernetes/namespace-objects.ts'
import { makeNamespace } from '../support/namespace.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import { clusterEnvironment } from '../support/product/cluster-provider.ts'
import { consumer } from '../support/product/consumer.ts'
import { buyDocument, stopDocument, topupDocument } from '../support/product/documents.ts'
import { rows } from '../support/product/money.ts'
import { startProvider } from '../support/product/provider-daemon.ts'
import { useCluster } from './rented-place.ts'

const PASSWORD = 'correct-horse$(battery)staple'
const secretSchema = z.object({ data: z.record(z.string(), z.string()) })
const coinSchema = z.object({ proof: z.string() })
const proofSchema = z.looseObject({ secret: z.string(), C: z.string() })
/** Shorter ones are found anywhere by chance. */
const SHORTEST = 16

requirePeer('cluster')('the secrets of an order', () => {
  const place = useCluster()

  test('are in no object but the Secret of the lease, in no line of the log, and in no argument or variable of the daemon', async () => {
    const mint = await startMint({ units: [{ unit: 'sat', inputFeePpk: 100 }], settleAfterMs: 0 })
    const relay = await startRelay({ auth: true })
    const namespace = await makeNamespace(place.cluster.kubeconfig)
    const env = await clusterEnvironment(place.cluster.kubeconfig, namespace)
    const provider = await startProvider({ relays: [relay.url], mints: [mint.url], env })
    const buyer = consumer({ relays: [relay.url], mint: mint.url })
    await buyer.run(['wallet', 'fund', '500'])
    const seen: NamespaceObject[] = []
    const said: string[] = []
    /** Everything that anybody could read now. */
    const look = async (): Promise<void> => {
      seen.push(...(await objectsOf(namespace)))
      said.push(provider.log(), ofProcess(provider.pid(), 'cmdline'), ofProcess(provider.pid(), 'environ'))
    }

    const bought = await buyer.ask(
      buyDocument,
      ['buy', '--spec', 'basic', '--for', '120s', '--password-stdin'],
      { stdin: PASSWORD },
    )
    await look()
    const login = await buyer.run(['ssh', bought.pod_npub, '--', 'echo', 'inside'])
    expect(login).toMatchObject({ code: 0, stdout: 'inside\n' })
    await buyer.ask(topupDocument, ['topup', bought.pod_npub, '--for', '60s'])
    await look()
    const money = coins(provider.databasePath)
    await provider.kill()
    await provider.restart()
    await look()
    await buyer.ask(stopDocument, ['stop', bought.pod_npub])
    await look()
    await provider.stop()
    said.push(provider.log())

    const secrets = seen.filter(({ kind }) => kind === 'Secret')
    expect(new Set(secrets.map(({ name }) => name)).size).toBe(1)
    const inSecret = secretsIn(secrets[0]?.text ?? '{}')
    expect(inSecret).toContain(PASSWORD)
    const spent = [...money, ...coins(provider.databasePath), ...coins(buyer.databasePath)]
    const account = /token: "?([^"}\s]+)/.exec(readFileSync(env['KUBECONFIG'] ?? '', 'utf8'))?.[1] ?? ''
    const identity = ownKeys(join(provider.databasePath, '..'))
    const unsaid = [...inSecret, ...spent, ...identity, account, 'cashuA', 'cashuB', 'nsec1', 'PRIVATE KEY']
    expect(unsaid.every((secret) => secret !== '')).toBe(true)
    // Each is looked for as it is and as the API server would write it.
    const forms = [...new Set(unsaid)].flatMap((secret) => [secret, Buffer.from(secret).toString('base64')])
    const open = [
      ...seen
        .filter(({ kind }) => kind !== 'Secret')
        .map(({ kind, name, text }) => [`${kind} ${name}`, text]),
      ...said.map((text) => ['the daemon', text]),
    ]
    const found = open.flatMap(([where, text]) =>
      forms.filter((form) => text?.includes(form)).map((form) => `${where}: ${form.slice(0, 6)}…`),
    )
    expect(found).toEqual([])
    // What was searched is what there was.
    const kinds = new Set(seen.map(({ kind }) => kind))
    expect([...kinds]).toEqual(
      expect.arrayContaining(['Job', 'Pod', 'Service', 'Event', 'Lease', 'Endpoints']),
    )
    expect(open.filter(([, text]) => text?.includes(bought.pod_npub)).length).toBeGreaterThan(1)
    expect(said.join('\n')).toContain('a machine is ready and paid')
    expect(inSecret.length).toBeGreaterThan(4)
    expect(spent.length).toBeGreaterThan(4)

    await namespace.dispose()
    await Promise.all([relay.close(), mint.close()])
  })
})

/** The values of a Secret, whole and line by line, and the pod's own key in its other spelling. */
function secretsIn(text: string): string[] {
  const values = Object.values(secretSchema.parse(JSON.parse(text)).data).map((value) =>
    Buffer.from(value, 'base64').toString(),
  )
  const lines = values.flatMap((value) => value.split('\n')).filter((line) => line.length >= SHORTEST)
  const keys = values.filter((value) => /^[0-9a-f]{64}$/.test(value))
  return [...lines, ...keys.map((key) => nip19.nsecEncode(Buffer.from(key, 'hex')))]
}

/** The secrets and signatures of all coins that a wallet ever held. */
function coins(databasePath: string): string[] {
  return rows(databasePath, 'SELECT proof FROM wallet_coin', coinSchema)
    .map(({ proof }) => proofSchema.parse(JSON.parse(proof)))
    .flatMap(({ secret, C }) => [secret, C])
}

/** The provider's own Nostr key, as its file has it and in hex. */
function ownKeys(folder: string): string[] {
  const nsec = /nsec1\w+/.exec(readFileSync(join(folder, 'identity'), 'utf8'))?.[0] ?? ''
  const decoded = nip19.decode(nsec)
  if (decoded.type !== 'nsec') throw new Error('there is no key')
  return [nsec, Buffer.from(decoded.data).toString('hex')]
}

function ofProcess(pid: number, file: 'cmdline' | 'environ'): string {
  return readFileSync(`/proc/${pid}/${file}`, 'utf8')
}
