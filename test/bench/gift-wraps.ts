// How many gift-wrapped requests can one core take in per second, compared with nostr-tools' own functions?
import { unwrapEvent } from 'nostr-tools/nip59'
import { verifyEvent as verifyWithLibrary, type Event } from 'nostr-tools/pure'
import { unwrapGift } from '../../src/nostr/unwrap-gift.ts'
import { parseRequest } from '../../src/protocol/request.ts'
import { alice, bob, clock, message, secretKey, wrapFor } from '../nostr/people.ts'
import { type Figure, median } from './figures.ts'

const WRAPS = 100
const ROUNDS = 5

/** Both sides get the same JSON texts, as from a socket. Ours also verifies the seal and checks times and shapes. */
export async function giftWraps(): Promise<Figure[]> {
  const texts = await wrappedRequests()
  const [ours, theirs]: [number[], number[]] = [[], []]
  for (let round = 0; round <= ROUNDS; round += 1) {
    const own = await perSecond(texts, readOurs)
    const library = await perSecond(texts, readWithLibrary)
    // The first round warms up.
    if (round === 0) continue
    ours.push(own)
    theirs.push(library)
  }
  const reference = { what: 'nostr-tools', value: median(theirs) }
  return [{ what: 'gift wraps received per second and core', ours: median(ours), unit: '/s', reference }]
}

async function wrappedRequests(): Promise<string[]> {
  const request = {
    cashu_token: `cashuB${'x'.repeat(1_500)}`,
    pod_spec_id: 'basic',
    respond_before: 1_795_190_400,
  }
  const wraps = Array.from({ length: WRAPS }, (_, at) =>
    wrapFor(bob, message(alice, bob, JSON.stringify({ ...request, order_id: `order-${at}` })), alice),
  )
  return (await Promise.all(wraps)).map((wrap) => JSON.stringify(wrap))
}

async function readOurs(text: string): Promise<void> {
  const opened = await unwrapGift(JSON.parse(text), bob, { clock })
  if (!opened.ok) throw new Error(opened.fault)
  const parsed = parseRequest(opened.gift.rumor.content)
  if (!parsed.ok) throw new Error(parsed.problem)
}

const bobsKey = secretKey('bob')

async function readWithLibrary(text: string): Promise<void> {
  const wrap = JSON.parse(text) as Event
  if (!verifyWithLibrary(wrap)) throw new Error('forged')
  JSON.parse(unwrapEvent(wrap, bobsKey).content)
}

/** Per second of processor time, which other processes on the machine do not change. */
async function perSecond(texts: readonly string[], read: (text: string) => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  for (const text of texts) await read(text)
  const { user, system } = process.cpuUsage(before)
  return texts.length / ((user + system) / 1e6)
}
