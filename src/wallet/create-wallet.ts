// What is the wallet put together of? Its ports in, the one interface of wallet.ts out.
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { Clock, Random } from '../core/clock.ts'
import { PaygressError } from '../core/errors.ts'
import { capturePayment } from './capture-payment.ts'
import { areProofsFree, claimProofs } from './claim-proofs.ts'
import type { WalletDeps } from './engine.ts'
import { awaitFunding, mintPaid, requestInvoice } from './fund-wallet.ts'
import { hasValidDleq, inspectToken, tokenState } from './inspect-token.ts'
import { type MintDirectory, mintDirectory, NEEDED_NUTS, newMint } from './mint-directory.ts'
import { isSignatureBy, ownKeys, type SeedOfWords, signDigest } from './own-keys.ts'
import { adoptWords, readWords } from './own-words.ts'
import type { EcashSource } from './ecash-port.ts'
import type { ConnectMint } from './mint-port.ts'
import type { Owners, WalletStore } from './ports.ts'
import { mintsToRecover, recoverOperations, settleStored } from './recover-operations.ts'
import { releasePayment } from './release-payment.ts'
import { restoreWallet, searchedFirst } from './restore-wallet.ts'
import { planRefund, planSpend } from './plan-spend.ts'
import { lockOf, spendCoins } from './spend-coins.ts'
import { receiveToken, reclaimToken, requireTrust, respendToken } from './take-token.ts'
import type { Effects } from './transaction.ts'
import { walletBalances } from './wallet-balances.ts'
import type { MintFacts } from './mint-facts.ts'
import type { Outcome } from './operation-options.ts'
import type { Wallet } from './wallet.ts'
import type { MintUrl } from '../core/mint-url.ts'

export interface WalletOptions {
  store: WalletStore
  connectMint: ConnectMint
  ecash: EcashSource
  seedOfWords: SeedOfWords
  owners: Owners
  clock: Clock
  random: Random
  /** The effects of this program's operations, by name. */
  effects: Effects
  /** How long a request to a mint may take; 15 s, as `connectMint` is told. */
  requestTimeoutMs?: number
}

const REQUEST_TIMEOUT_MS = 15_000

/** The wallet of one profile. Reads and writes nothing before the first call. */
export function createWallet(options: WalletOptions): Wallet {
  const { store, clock, random } = options
  const mints = mintDirectory({ ...options, ecash: options.ecash })
  const deps: WalletDeps = {
    store,
    clock,
    random,
    mints,
    effects: options.effects,
    owners: options.owners,
    ecashSource: options.ecash,
    keys: ownKeys(store, random, options.seedOfWords),
    requestTimeoutMs: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    active: new Map(),
    unsent: new Set(),
  }
  deps.mints = searchedFirst(deps)
  const known = (operationId: string): Outcome | undefined => {
    const operation = store.operation(operationId)
    if (operation === undefined) return undefined
    return operation.result ?? { status: 'unknown', operationId }
  }
  return {
    transaction: store.transaction,
    balances: () => walletBalances(store),
    trustMint: (mint) => trust(store, mint, true),
    distrustMint: (mint) => trust(store, mint, false),
    isTrusted: (mint) => store.mint(mint)?.trusted === true,
    mintFacts: (mint) => mintFacts(mints, mint),
    mintTime: (mint) => mints.time(mint),
    knownMintTime: (mint) => mints.knownTime(mint),
    history: (limit) => store.history(limit),
    id: () => walletId(deps),
    words: () => deps.keys.words(),
    hasWords: () => store.words() !== undefined,
    adoptWords: (words) => adoptWords(store, deps.keys, readWords(words)),
    paymentKey: () => deps.keys.current('payment'),
    prepareRefundKey: () => deps.keys.prepare('refund'),
    newRefundKey: (tx) => deps.keys.next('refund', tx),
    signWithRefundKey: (index, message) =>
      signDigest(deps.keys.privateKey({ role: 'refund', index }), exact32(message)),
    verifySignature: (pubkey, message, signature) => isSignatureBy(pubkey, message, signature),
    requestInvoice: (mint, amountSat) => requestInvoice(deps, mint, amountSat),
    awaitFunding: (operationId, wait) => awaitFunding(deps, operationId, wait),
    receive: (token, how) => receiveToken(deps, token, how),
    planSpend: (mint, netSat, how) => planSpend(deps, mint, netSat, how?.locked ?? true),
    send: async (mint, netSat, how) => {
      requireTrust(deps, mint)
      return await spendCoins(deps, { kind: 'send', mint, sat: netSat }, how)
    },
    lock: async (mint, netSat, terms, how) => {
      requireTrust(deps, mint)
      await requireLocks(deps, mint)
      return await spendCoins(deps, { kind: 'lock', mint, sat: netSat, lock: lockOf(terms) }, how)
    },
    settlePayment: (tx, orderId) => store.within(tx).settleTokensOf(orderId),
    respend: (token, signatures, how) => respendToken(deps, token, signatures, how),
    reclaim: (token, index, how) => reclaimToken(deps, token, index, how),
    inspect: (token, accepted, how) => inspectToken(deps, token, accepted, how),
    tokenState: (token) => tokenState(deps, token),
    hasValidDleq: (token) => hasValidDleq(deps, token),
    isFree: (token, holder) => areProofsFree(deps, deps.store, token, holder),
    claim: (tx, token, holder) => claimProofs(deps, tx, token, holder),
    capture: (token, how) => capturePayment(deps, token, how),
    release: (token, how) => releasePayment(deps, token, how),
    paymentRequest: async (mint, netSat, about) => {
      const ecash = await options.ecash.load()
      const { receiverFeeSat } = await planSpend(deps, mint, netSat, false)
      return ecash.encodeRequest({ ...about, mint, amountSat: netSat + receiverFeeSat })
    },
    refund: (mint, grossSat, how) => {
      const lock = how.lockTo === undefined ? {} : { lock: { pubkey: how.lockTo } }
      return spendCoins(deps, { kind: 'refund', mint, sat: grossSat, ...lock }, how)
    },
    planRefund: (mint, grossSat) => planRefund(deps, mint, grossSat),
    recover: (how) => recoverOperations(deps, (id, until) => mintPaid(deps, id, until), how),
    mintsToRecover: () => mintsToRecover(deps),
    restore: (mint, how) => restoreWallet(deps, mint, how),
    settle: (operationId, signal) => settleStored(deps, operationId, signal),
    operation: known,
    close: () => mints.close(),
  }
}

function trust(store: WalletStore, mint: MintUrl, trusted: boolean): void {
  store.transaction((tx) => {
    const writer = store.within(tx)
    writer.saveMint({ ...(writer.mint(mint) ?? newMint(mint)), trusted })
  })
}

async function mintFacts(mints: MintDirectory, mint: MintUrl): Promise<MintFacts> {
  const info = await mints.info(mint)
  const keyset = await mints.activeKeyset(mint)
  return {
    mint,
    name: info.name,
    missingNuts: NEEDED_NUTS.filter((nut) => !info.nuts.includes(nut)),
    feePpk: keyset.feePpk,
  }
}

async function requireLocks(deps: WalletDeps, mint: MintUrl): Promise<void> {
  const { missingNuts } = await mintFacts(deps.mints, mint)
  if (missingNuts.length === 0) return
  throw new PaygressError(
    'lock_not_supported',
    `${mint} cannot lock payments: it lacks NUT ${missingNuts.join(', ')}`,
    {
      hint: 'use another --mint, or --no-lock to pay with a plain token at your own risk',
      details: { mint, missing_nuts: missingNuts.map(String) },
    },
  )
}

function exact32(message: Uint8Array): Uint8Array {
  if (message.length === 32) return message
  throw new PaygressError('internal', 'a refund key signs 32 bytes')
}

/** From the first payment key, which stays known when it is retired. */
function walletId({ store, keys }: WalletDeps): string {
  keys.current('payment')
  const first = store.key('payment', 0)?.pubkey
  if (first === undefined) throw new PaygressError('internal', 'the wallet has no first payment key')
  return bytesToHex(sha256(utf8ToBytes(`paygress wallet ${first}`))).slice(0, 32)
}
