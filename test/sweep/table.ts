// Where is each seam swept? A seam that stands here without a flow says why; one that is missing fails the build.
/**
 * A flow that passes the seam: killed before it in the one, after it in the other, so that both kinds of payment come by.
 * `> swapped`: in the recovery from a death right after a swap; `> rotated`: the death was before it, and the mint has new keys since.
 */
export interface Cover {
  side: 'buyer' | 'provider'
  before: string
  after: string
  /** How often the process has passed the seam before it is killed there. */
  passed?: number
}

/** By seam, as `findSeams` names it. */
export const TABLE: Readonly<Record<string, readonly Cover[] | string>> = {
  'client/apply-answer.ts write transaction': [{ side: 'buyer', before: 'buy locked', after: 'buy plain' }],
  'client/draft-order.ts draftOrder transaction': [
    { side: 'buyer', before: 'buy locked', after: 'buy plain' },
  ],
  'client/later-end.ts keepLaterEnd transaction':
    'only the end that the screen shows; asked anew by every `status`',
  'client/lost-lease.ts markExpired transaction': [
    { side: 'buyer', before: 'time over', after: 'time over' },
  ],
  'client/order-journal.ts moveNow transaction': [{ side: 'buyer', before: 'silent', after: 'time over' }],
  'client/pod-status.ts keep transaction':
    'only what the screen shows of a pod; asked anew by every `status`',
  'client/receive-stop-refund.ts skipFirst transaction':
    'a refund token that is spent or forged: a dishonest provider, in test/integration/client',
  'client/send-order.ts markSent transaction': [{ side: 'buyer', before: 'buy locked', after: 'buy plain' }],
  'client/stop-pod.ts applyStopAnswer transaction':
    'a stop that is refused or has nothing to give back: no money moves',
  'client/stop-pod.ts beginStop transaction': [{ side: 'buyer', before: 'stop', after: 'stop' }],
  'client/stop-pod.ts noteAnswer transaction': [{ side: 'buyer', before: 'stop', after: 'stop' }],
  'client/take-back.ts beginReceiving transaction': [
    { side: 'buyer', before: 'machine lost', after: 'machine lost' },
  ],
  'doors/gift-wrap-board.ts publish publish': [
    { side: 'provider', before: 'machine lost', after: 'time over' },
  ],
  'doors/deliver-reply.ts visit publish': [{ side: 'provider', before: 'buy locked', after: 'buy plain' }],
  'doors/deliver-reply.ts visit publish#2': 'the same reply at the relays of strangers, at the same time',
  'doors/deliver-reply.ts replySender publish':
    'the same reply once more, where the asked relays do not take it',
  // The question for the price, then the paid request.
  'nostr/request-reply.ts keepSending publish': [
    { side: 'buyer', before: 'buy locked', after: 'buy plain' },
    { side: 'buyer', before: 'buy locked', after: 'buy plain', passed: 1 },
  ],
  'provider/announce.ts replace transaction': [
    { side: 'provider', before: 'machine lost', after: 'time over' },
  ],
  'provider/first-report.ts noteFirstReport transaction': [
    { side: 'provider', before: 'buy locked', after: 'buy plain' },
  ],
  'provider/handle-stop.ts handleStop transaction': [{ side: 'provider', before: 'stop', after: 'stop' }],
  'provider/lease-watch.ts expire end': [{ side: 'provider', before: 'time over', after: 'time over' }],
  'provider/lease-watch.ts expire transaction': [
    { side: 'provider', before: 'time over', after: 'time over' },
  ],
  'provider/lease-watch.ts lose transaction': [
    { side: 'provider', before: 'machine lost', after: 'machine lost' },
  ],
  'provider/lease-watch.ts reconcileLeases transaction': [
    { side: 'provider', before: 'machine lost', after: 'time over' },
  ],
  'provider/lease-watch.ts sweep end': 'a machine that no order knows any more: nobody has paid for it',
  'provider/order-steps.ts endRefund transaction': [
    { side: 'provider', before: 'stop', after: 'refused plain' },
  ],
  'provider/order-steps.ts giveBackUncaptured transaction': 'a capture that came too late: nothing was taken',
  'provider/order-steps.ts giveUp transaction': [
    { side: 'provider', before: 'refused plain', after: 'refused locked' },
  ],
  'provider/order-steps.ts keepDust transaction': 'below one sat: nothing moves',
  'provider/order-steps.ts sayPending transaction': [
    { side: 'provider', before: 'buy locked > rotated', after: 'buy locked > rotated' },
  ],
  'provider/outbox.ts send transaction': [{ side: 'provider', before: 'buy locked', after: 'buy plain' }],
  'provider/outages.ts write transaction':
    'time of a machine that was down: in test/integration/provider/outage.test.ts',
  'provider/owed-end.ts enforceOwed setEnd':
    'time that is owed for a machine that was down or a late reply: in test/integration/provider',
  'provider/owed-end.ts enforceOwed transaction': 'the same',
  'provider/refuse.ts claimForRelease transaction': [{ side: 'provider', before: 'silent', after: 'silent' }],
  'provider/refuse.ts refuseUntouched transaction': 'nothing was taken and no signature given',
  'provider/serve-order.ts bind transaction': [
    { side: 'provider', before: 'buy locked', after: 'buy plain' },
  ],
  'provider/spawn-steps.ts deliver setEnd': [{ side: 'provider', before: 'buy locked', after: 'buy plain' }],
  'provider/spawn-steps.ts giveBack transaction': [
    { side: 'provider', before: 'refused plain', after: 'refused plain' },
  ],
  'provider/spawn-steps.ts recordLease transaction': [
    { side: 'provider', before: 'buy locked', after: 'buy plain' },
  ],
  'provider/spawn-steps.ts reserve transaction': [
    { side: 'provider', before: 'buy locked', after: 'refused locked' },
  ],
  'provider/start-checks.ts checkPlace transaction': 'once, at the first start, before any money',
  'provider/start-machine.ts endMachine end': [
    { side: 'provider', before: 'refused plain', after: 'refused locked' },
  ],
  'provider/start-machine.ts reserveMachine reserve': [
    { side: 'provider', before: 'buy locked', after: 'buy plain' },
  ],
  'provider/start-machine.ts startMachine start': [
    { side: 'provider', before: 'buy locked', after: 'buy plain' },
  ],
  'provider/start-machine.ts startMachine waitReady': [
    { side: 'provider', before: 'buy locked', after: 'buy plain' },
  ],
  'provider/stop-steps.ts endMachine end': [{ side: 'provider', before: 'stop', after: 'stop' }],
  'provider/stop-steps.ts endMachine transaction': [{ side: 'provider', before: 'stop', after: 'stop' }],
  'provider/topup-steps.ts begin setEnd': [{ side: 'provider', before: 'top up late', after: 'top up late' }],
  'provider/topup-steps.ts begin transaction': [
    { side: 'provider', before: 'top up late', after: 'top up late' },
  ],
  'provider/topup-steps.ts giveBack transaction':
    'a plain top-up of a pod that has ended meanwhile: in test/integration/provider/lease.test.ts',
  'provider/topup-steps.ts moveEnd setEnd': [
    { side: 'provider', before: 'top up locked', after: 'top up plain' },
  ],
  'provider/topup-steps.ts moveEnd setEnd#2':
    'a top-up whose answer was lost while another one moved the end: in test/integration/provider/restart.test.ts',
  'provider/topup-steps.ts record transaction': [
    { side: 'provider', before: 'top up locked', after: 'top up plain' },
  ],
  'provider/topup-steps.ts takeBridgeBack setEnd': 'a locked top-up that was not captured: nothing was taken',
  'storage/fenced-database.ts takeTurn transaction': [
    { side: 'provider', before: 'machine lost', after: 'time over' },
  ],
  'storage/fenced-database.ts transaction transaction': [
    { side: 'provider', before: 'buy locked', after: 'buy plain' },
  ],
  'storage/ledger-wraps.ts add transaction': [{ side: 'provider', before: 'buy locked', after: 'buy plain' }],
  'storage/ledger-wraps.ts handledWraps transaction': [
    { side: 'provider', before: 'machine lost', after: 'time over' },
  ],
  'storage/opened-wraps.ts write transaction':
    'only which answers need not be opened again; written when the command has done all else',
  'storage/order-store.ts claim transaction': [{ side: 'buyer', before: 'buy locked', after: 'buy plain' }],
  'storage/order-store.ts unclaim transaction': [{ side: 'buyer', before: 'buy locked', after: 'buy plain' }],
  'wallet/ask-mint.ts askMint swap': [
    { side: 'buyer', before: 'buy locked', after: 'buy plain' },
    { side: 'provider', before: 'buy locked', after: 'buy plain' },
  ],
  'wallet/ask-mint.ts mayLandUntil transaction': [
    { side: 'buyer', before: 'buy locked > rotated', after: 'buy locked > rotated' },
    { side: 'provider', before: 'buy locked > rotated', after: 'buy locked > rotated' },
  ],
  'wallet/ask-mint.ts mintQuote mint': 'a quote without a key: a mint without NUT-20',
  'wallet/ask-mint.ts mintQuote mint#2': [{ side: 'buyer', before: 'buy by invoice', after: 'fund' }],
  'wallet/create-wallet.ts trust transaction': [{ side: 'buyer', before: 'trust', after: 'restore' }],
  'wallet/engine.ts begin transaction': [
    { side: 'buyer', before: 'buy locked', after: 'buy plain' },
    { side: 'provider', before: 'buy locked', after: 'buy plain' },
  ],
  'wallet/engine.ts recordEnded transaction': [
    { side: 'provider', before: 'refused locked', after: 'silent' },
  ],
  'wallet/foreign-outputs.ts takeForeign restore':
    'outputs that a newer copy of the same wallet has made: in test/contract',
  'wallet/foreign-outputs.ts takeForeign transaction': 'the same',
  'wallet/fund-wallet.ts claimQuote transaction': [
    { side: 'buyer', before: 'buy by invoice', after: 'fund' },
  ],
  'wallet/fund-wallet.ts requestInvoice createQuote': [
    { side: 'buyer', before: 'buy by invoice', after: 'fund' },
  ],
  'wallet/fund-wallet.ts requestInvoice transaction': [
    { side: 'buyer', before: 'buy by invoice', after: 'fund' },
  ],
  'wallet/inputs-state.ts inputsState states': [
    { side: 'buyer', before: 'buy locked > swapped', after: 'buy plain > swapped' },
    { side: 'provider', before: 'buy locked > swapped', after: 'refused plain > swapped' },
  ],
  'wallet/inspect-token.ts tokenState states': [
    { side: 'buyer', before: 'refused plain', after: 'refused plain' },
    { side: 'provider', before: 'buy locked', after: 'buy plain' },
  ],
  'wallet/inspect-token.ts tokenState transaction': [
    { side: 'buyer', before: 'refused plain', after: 'refused plain' },
  ],
  'wallet/journal.ts fail transaction': 'a payment that somebody else has spent: in test/contract',
  'wallet/journal.ts finish transaction': [
    { side: 'buyer', before: 'buy locked', after: 'buy plain' },
    { side: 'provider', before: 'buy locked', after: 'buy plain' },
  ],
  'wallet/mint-directory.ts info transaction': [
    { side: 'buyer', before: 'buy locked', after: 'top up locked' },
    { side: 'provider', before: 'machine lost', after: 'time over' },
  ],
  'wallet/mint-directory.ts keysets transaction': [
    { side: 'buyer', before: 'buy by invoice', after: 'restore' },
    { side: 'provider', before: 'time over', after: 'time over' },
  ],
  'wallet/keyset-keys.ts keysetKeys transaction': [
    { side: 'buyer', before: 'buy by invoice', after: 'restore' },
    { side: 'provider', before: 'buy locked > rotated', after: 'buy locked > rotated' },
  ],
  'wallet/own-keys.ts current transaction': [{ side: 'buyer', before: 'restore', after: 'restore' }],
  'wallet/own-keys.ts inOwnTransaction transaction': [{ side: 'buyer', before: 'restore', after: 'restore' }],
  'wallet/own-keys.ts next transaction': [{ side: 'buyer', before: 'buy by invoice', after: 'fund' }],
  'wallet/own-words.ts adoptWords transaction': [{ side: 'buyer', before: 'restore', after: 'restore' }],
  'wallet/recover-operations.ts takeOver transaction': [
    { side: 'buyer', before: 'buy locked > swapped', after: 'buy plain > swapped' },
    { side: 'provider', before: 'buy locked > swapped', after: 'refused plain > swapped' },
  ],
  'wallet/restore-attempts.ts restoreAttempts restore': [
    { side: 'buyer', before: 'buy locked > swapped', after: 'buy plain > swapped' },
    { side: 'provider', before: 'buy locked > swapped', after: 'refused plain > swapped' },
  ],
  'wallet/restore-wallet.ts askFor restore': [{ side: 'buyer', before: 'restore', after: 'restore' }],
  'wallet/restore-wallet.ts keep transaction': [{ side: 'buyer', before: 'restore', after: 'restore' }],
  'wallet/restore-wallet.ts restoreKeyset transaction': [
    { side: 'buyer', before: 'restore', after: 'restore' },
  ],
  'wallet/restored-coins.ts unspentCoins states': [{ side: 'buyer', before: 'restore', after: 'restore' }],
  'wallet/settle-tokens.ts settleTokens states': [{ side: 'buyer', before: 'silent', after: 'silent' }],
  'wallet/settle-tokens.ts settleTokens transaction': [{ side: 'buyer', before: 'silent', after: 'silent' }],
  'wallet/successor.ts write transaction': [
    { side: 'buyer', before: 'buy locked > rotated', after: 'buy locked > rotated' },
    { side: 'provider', before: 'buy locked > rotated', after: 'buy locked > rotated' },
  ],
  'wallet/unspent-part.ts unspentPart states': [{ side: 'buyer', before: 'silent', after: 'silent' }],
}
