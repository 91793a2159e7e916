// Can somebody rent from us with `nak` on the command line and nutshell's wallet?
import { bytesToHex } from '@noble/hashes/utils.js'
import { nip19 } from 'nostr-tools'
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { nak } from '../support/peers/nak.ts'
import { nutshellWallet } from '../support/peers/nutshell-wallet.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import { until } from '../support/peers/until.ts'
import { heldSat, outstandingSat } from '../support/product/money.ts'
import { openMarket } from '../support/product/market.ts'

const rumorSchema = z.object({ content: z.string() })
const access = z.object({ pod_npub: z.string(), node_port: z.int(), credited_msat: z.int() })
const status = z.object({ pod_npub: z.string(), state: z.literal('running') })

requirePeer(
  'nak',
  'nutshell',
  'auth-relay',
)('a client of nak and nutshell', () => {
  test('rents with a plain token and asks how the pod is', async () => {
    await using market = await openMarket({ mint: { inputFeePpk: 100 } })
    const relay = market.relays[0]?.url ?? ''
    const decoded = nip19.decode(market.provider.npub)
    if (decoded.type !== 'npub') throw new Error('the provider has no npub')
    const key = generateSecretKey()
    const me = {
      secret: bytesToHex(key),
      publicKey: getPublicKey(key),
      provider: decoded.data,
      relay,
      known: new Set<string>(),
    }
    const alice = nutshellWallet(market.mint.url)
    await alice.fund(100)

    const spawned = await ask(me, { cashu_token: await alice.send(12), pod_spec_id: 'basic' })
    const pod = access.parse(spawned)
    expect(pod.credited_msat).toBeGreaterThanOrEqual(12_000)
    const now = status.parse(await ask(me, { request: 'status', pod_npub: pod.pod_npub }))
    expect(now.pod_npub).toBe(pod.pod_npub)
    const held = await heldSat(market.provider.databasePath, market.mint.url)
    expect((await alice.balance()) + held).toBe(outstandingSat(market.mint.dir))
  })
})

interface Me {
  secret: string
  publicKey: string
  provider: string
  relay: string
  /** Answers that were read. */
  known: Set<string>
}

/** Sends a request and waits for an answer that was not there before. */
async function ask(me: Me, content: object): Promise<unknown> {
  const { secret, publicKey, provider, relay, known } = me
  const rumor = {
    kind: 14,
    // Without a time of its own nak writes 0.
    created_at: Math.floor(Date.now() / 1000),
    tags: [['p', provider]],
    content: JSON.stringify(content),
  }
  const parties = ['--sec', secret, '-p', provider, '--use-our-identity-key', '--use-their-identity-key']
  const wrap = await nak(['-q', 'gift', 'wrap', ...parties], JSON.stringify(rumor))
  const sent = await nak(['-q', 'event', relay], wrap.stdout)
  expect(sent.code).toBe(0)
  let answer = ''
  await until('an answer', async () => {
    const found = await nak(['-q', 'req', '-k', '1059', '-p', publicKey, '--auth', '--sec', secret, relay])
    const lines = found.stdout.split('\n').filter((line) => line.startsWith('{'))
    answer = lines.find((line) => !known.has(line)) ?? ''
    return answer !== ''
  })
  known.add(answer)
  const { stdout } = await nak(['-q', 'gift', 'unwrap', '--sec', secret], answer)
  return JSON.parse(rumorSchema.parse(JSON.parse(stdout)).content)
}
