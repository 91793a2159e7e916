// What do the tests of the mint share? A running mint that is closed at the end, and cashu-ts wallets that use it.
import { onTestFinished } from 'vitest'
import { Wallet } from '@cashu/cashu-ts'
import type { Proof } from '@cashu/cashu-ts'
import { startMint } from '../../../src/devnet/mint/start-mint.ts'
import type { RunningMint, StartMintOptions } from '../../../src/devnet/mint/start-mint.ts'

export async function aMint(options: StartMintOptions = {}): Promise<RunningMint> {
  const mint = await startMint(options)
  onTestFinished(() => mint.close())
  return mint
}

export async function aWallet(url: string, unit = 'sat'): Promise<Wallet> {
  const wallet = new Wallet(url, { unit, requireSigDleq: true })
  await wallet.loadMint()
  return wallet
}

/** Proofs of this amount from a mint whose invoices are paid at once. */
export async function fund(wallet: Wallet, amount: number): Promise<Proof[]> {
  const quote = await wallet.createMintQuoteBolt11(amount)
  return await wallet.mintProofsBolt11(amount, quote.quote)
}

export function sum(proofs: readonly Proof[]): number {
  return proofs.reduce((total, proof) => total + proof.amount.toNumber(), 0)
}

/** The answer to a raw request. */
export async function ask(
  url: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Record<string, unknown>; date: string | null }> {
  const response = await fetch(`${url}${path}`, {
    ...(body === undefined
      ? {}
      : { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) }),
    headers: { 'content-type': 'application/json' },
  })
  return {
    status: response.status,
    body: (await response.json()) as Record<string, unknown>,
    date: response.headers.get('date'),
  }
}
