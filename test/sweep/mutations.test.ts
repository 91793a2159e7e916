// Would the sweep notice? Deliberate mistakes, each built into the program and each caught by the case that is there for it.
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'
import { flowNamed } from './flows.ts'
import { standIn } from './passages.ts'
import { type Case, runCase } from './run-case.ts'
import { buildForSweep, type Edit } from './test-build.ts'
import type { Death } from './mortals.ts'
import { World } from './world.ts'

interface Mistake {
  edits: readonly Edit[]
  /** The flow, who dies in it, and where. */
  flow: string
  side: Case['side']
  death: Death | undefined
  /** Nobody stands in for it: an equal death is at a point that one run passes more often, or later, than another. */
  isExact?: true
  /** What the sweep says then. */
  says: RegExp
}

const SWAPPED = 'after wallet/ask-mint.ts askMint swap'
const SAVE_ATTEMPT = '    writer.saveAttempt(id, attempt)\n'

const MISTAKES: Readonly<Record<string, Mistake>> = {
  'the outputs are journalled after the mint was asked': {
    edits: [
      { file: 'wallet/engine.ts', find: SAVE_ATTEMPT, put: '' },
      {
        file: 'wallet/submit-operation.ts',
        find: '    return concluded(',
        put: '    deps.store.transaction((tx) => deps.store.within(tx).saveAttempt(operation.id, attempt))\n    return concluded(',
      },
    ],
    flow: 'buy locked',
    side: 'buyer',
    death: { point: SWAPPED },
    says: /^lost \d+ sat: the mint signed \w+…, which stands in no journal$/m,
  },
  'a payment is captured after its signatures were given away': {
    edits: [
      {
        file: 'wallet/capture-payment.ts',
        find: '    if (before !== undefined) {',
        put: '    if (before !== undefined) continue\n    if (before !== undefined) {',
      },
      {
        file: 'provider/order-steps.ts',
        find: "  if (payment.releasable && (await releaseToken(context, { key, orderId, token: payment.token })))\n    return 'moved'\n",
        put: `  if (payment.releasable && (await releaseToken(context, { key, orderId, token: payment.token }))) {
    await wallet.capture(payment.token, { captureBefore: payment.captureBefore, lockEndsAt: payment.lockEndsAt, orderId })
    return 'moved'
  }\n`,
      },
    ],
    flow: 'refused locked',
    side: 'provider',
    death: undefined,
    says: /^the provider has \d+ sat of a buyer without a machine$/m,
  },
  'a counter is not used up': {
    edits: [
      { file: 'storage/wallet-writer.ts', find: '[keysetId, first + count]', put: '[keysetId, first]' },
    ],
    flow: 'stop',
    side: 'buyer',
    death: undefined,
    says: /^twice \d+ sat: one output was asked for by .* and /m,
  },
  'the reply is written before the books': {
    edits: [
      {
        file: 'provider/spawn-steps.ts',
        find: '  context.wallet.transaction((tx) => {\n    context.ledger.putLease(',
        put: `  context.wallet.transaction((tx) =>
    writeReply(context.ledger, tx, { ...order, stage: { state: 'delivered' } }, accessReply(order, lease, creditMsat), paidUntil))
  context.wallet.transaction((tx) => {\n    context.ledger.putLease(`,
      },
    ],
    flow: 'buy locked',
    side: 'provider',
    death: { point: 'before provider/spawn-steps.ts recordLease transaction#2' },
    says: /^the machine \w+ was given away without an entry in the books$/m,
  },
  'the request is published before the order is sent on disk': {
    edits: [
      {
        file: 'client/send-order.ts',
        find: "    beforePublish: () => {\n      if (order.state === 'locked') markSent(client, order, message)\n    },",
        put: '    beforePublish: () => undefined,',
      },
      {
        file: 'client/send-order.ts',
        find: '      const current = getOrder(orders, order.orderId)\n',
        // Written at last, or the order would be sent again for ever.
        put: `      if (order.state === 'locked' && getOrder(orders, order.orderId).state === 'locked') markSent(client, order, message)
      const current = getOrder(orders, order.orderId)\n`,
      },
    ],
    flow: 'buy locked',
    side: 'buyer',
    // With that mistake it is passed once, when the answer is there: how often a request was sent, and whether the relay's word on it
    // comes before the answer, says the clock.
    death: { point: 'before client/send-order.ts markSent transaction' },
    isExact: true,
    says: /^the buy \w+ is still locked$/m,
  },
  'SQLite syncs nothing': {
    edits: [{ file: 'storage/database.ts', find: 'synchronous = FULL;', put: 'synchronous = OFF;' }],
    flow: 'buy locked',
    side: 'buyer',
    death: { point: SWAPPED, kill: 'power' },
    says: /^lost \d+ sat: the mint signed \w+…, which stands in no journal$/m,
  },
  'SQLite syncs at its checkpoints alone': {
    edits: [{ file: 'storage/database.ts', find: 'synchronous = FULL;', put: 'synchronous = NORMAL;' }],
    flow: 'stop',
    side: 'provider',
    death: { point: SWAPPED, kill: 'power' },
    says: /^lost \d+ sat: the mint signed \w+…, which stands in no journal$/m,
  },
  'the name of a new folder is not synced': {
    edits: [{ file: 'storage/private-folder.ts', find: '  syncNameIn(parent)\n', put: '' }],
    flow: 'buy by invoice',
    side: 'buyer',
    death: { point: SWAPPED, kill: 'power' },
    says: /^lost \d+ sat: the mint signed \w+…, which stands in no journal$/m,
  },
  'what was submitted is forgotten': {
    edits: [
      {
        file: 'storage/wallet-reader.ts',
        find: `"state IN ('prepared', 'submitted')"`,
        put: `"state IN ('prepared')"`,
      },
    ],
    flow: 'send and take back',
    side: 'buyer',
    death: { point: SWAPPED },
    says: /^not ended: buyer \d+ receive \w+$/m,
  },
}

test.each(Object.entries(MISTAKES))(
  '%s: the sweep says so',
  async (_name, { edits, flow, side, death, isExact, says }) => {
    const launcher = await buildForSweep(temporaryFolder('sweep-mistake'), edits)
    const world = new World({ launcher, inputFeePpk: 100, traces: true })
    await world.open()
    try {
      let said = await runCase(world, { flow: flowNamed(flow), side, deaths: [] })
      // Of the deaths that leave the same world behind the whole sweep tries one alone: that one must tell.
      if (death !== undefined) {
        const deaths = [isExact === true ? death : standIn(world.takeTrace(side), death)]
        said = await runCase(world, { flow: flowNamed(flow), side, deaths })
      }
      expect(said.join('\n')).toMatch(says)
    } finally {
      await world.close()
    }
  },
)
