// Is this token what it claims to be, as far as anyone can tell without spending it?
import { PaygressError } from '../core/errors.ts'
import type { MintUrl } from '../core/mint-url.ts'
import { takeTurns } from '../core/pause.ts'
import { decodeToken, invalid, PAYMENT_LIMITS } from './decode-token.ts'
import type { DecodedToken, TokenLimits } from './decode-token.ts'
import type { WalletDeps } from './engine.ts'
import { tokenFee } from './take-token.ts'
import { secretLock } from './token-lock.ts'
import type { InspectedToken, TokenLock, TokenState } from './inspected-token.ts'

/** Every check that needs no other word of the mint than its keysets. Throws what `Wallet.inspect` says. */
export async function inspectToken(
  deps: WalletDeps,
  text: string,
  mints: readonly MintUrl[],
  { askAgain = false }: { askAgain?: boolean } = {},
): Promise<InspectedToken> {
  const limits = askAgain ? { ...PAYMENT_LIMITS, refreshEveryMs: 0 } : PAYMENT_LIMITS
  const token = await paymentToken(deps, text, mints, limits)
  if (token.keysets.size > 1) throw invalid('it mixes keysets')
  const feeSat = tokenFee(token)
  return {
    token: token.text,
    mint: token.mint,
    unit: 'sat',
    amountSat: token.amountSat,
    netSat: token.amountSat > feeSat ? token.amountSat - feeSat : 0n,
    proofCount: token.proofs.length,
    ys: token.ys,
    lock: await tokenLock(deps, token),
  }
}

/** True where every proof carries a valid DLEQ proof (NUT-12). It computes for long: others have their turn between two proofs. */
export async function hasValidDleq(
  deps: WalletDeps,
  { token: text, mint }: InspectedToken,
): Promise<boolean> {
  const token = await paymentToken(deps, text, [mint])
  const ecash = await deps.ecashSource.load()
  for (const proof of token.proofs) {
    const keyset = token.keysets.get(proof.keysetId)
    if (keyset === undefined || !ecash.hasValidDleq(proof, keyset)) return false
    await takeTurns()
  }
  return true
}

/** A token of one of these mints, decoded. */
export async function paymentToken(
  deps: WalletDeps,
  text: string,
  mints: readonly MintUrl[] | undefined,
  limits: TokenLimits = PAYMENT_LIMITS,
): Promise<DecodedToken> {
  const ecash = await deps.ecashSource.load()
  return await decodeToken({ ecash, mints: deps.mints }, text, limits, (mint) => {
    if (mints === undefined || mints.includes(mint)) return
    throw new PaygressError('mint_not_accepted', `tokens of ${mint} are not accepted here`, {
      details: { accepted: mints },
    })
  })
}

/** Asks the mint for the state of every proof (NUT-07). Throws `mint_unreachable` or `mint_misbehaved`. */
export async function tokenState(deps: WalletDeps, token: InspectedToken): Promise<TokenState> {
  const reply = await deps.mints.connection(token.mint).states(token.ys)
  if (reply.status !== 'ok') {
    const why =
      reply.status === 'refused'
        ? `refuses (${reply.code}): ${reply.detail}`
        : `does not answer: ${reply.reason}`
    throw new PaygressError(
      reply.status === 'refused' ? 'mint_misbehaved' : 'mint_unreachable',
      `${token.mint} ${why}`,
    )
  }
  const states = new Set(reply.value.map(({ state }) => state))
  const witness = reply.value.find(
    ({ state, witness: shown }) => state === 'SPENT' && shown !== undefined,
  )?.witness
  if (states.size > 1) return { state: 'mixed', ...(witness === undefined ? {} : { witness }) }
  if (states.has('UNSPENT')) return { state: 'unspent' }
  if (states.has('PENDING')) return { state: 'pending' }
  deps.store.transaction((tx) => deps.store.within(tx).settleTokens(token.ys))
  return { state: 'spent', ...(witness === undefined ? {} : { witness }) }
}

async function tokenLock(deps: WalletDeps, token: DecodedToken): Promise<TokenLock> {
  const locks = token.proofs.map(({ secret }) => secretLock(secret))
  const first = locks[0]
  if (first === undefined) throw invalid('it is empty')
  for (const lock of locks) {
    if (lock.kind === 'unsound') return other(lock.problem)
    if (lock.kind !== first.kind) return other('only some of its proofs are locked')
    if (lock.kind !== 'p2pk' || first.kind !== 'p2pk') continue
    const same =
      lock.pubkey === first.pubkey &&
      lock.locktime === first.locktime &&
      lock.refundPubkey === first.refundPubkey
    if (!same) return other('its proofs are locked in different ways')
  }
  if (first.kind !== 'p2pk') return { kind: 'none' }
  const key = deps.store.keyByPubkey(first.pubkey)
  if (key === undefined) return other('it is locked to another key')
  // A mint without locks lets anyone spend: what looks locked there is worth nothing to us.
  const { nuts } = await deps.mints.info(token.mint)
  if ([10, 11, 12].some((nut) => !nuts.includes(nut))) return other('its mint does not support locks')
  if (first.locktime === undefined || first.refundPubkey === undefined) return { kind: 'ours-open-ended' }
  if (key.role !== 'payment') return other('it is locked to a key that is not for payments')
  // Whatever went back to such a key, its sender could never open.
  if (deps.store.keyByPubkey(first.refundPubkey)?.role === 'payment')
    return other('its refund key is the one that it is locked to')
  return { kind: 'ours', locktime: first.locktime, refundPubkey: first.refundPubkey }
}

function other(problem: string): TokenLock {
  return { kind: 'other', problem }
}
