import { createHash } from 'node:crypto'
import {
  createHTLCHash,
  createP2PKsecret,
  hasP2PKSignedProof,
  P2PKBuilder,
  signP2PKProofs,
} from '@cashu/cashu-ts'
import type { P2PKOptions, Proof, Wallet } from '@cashu/cashu-ts'
import { schnorr, secp256k1 } from '@noble/curves/secp256k1.js'
import { describe, expect, test } from 'vitest'
import { proofY, signOutput, spendRefusal } from '../../../src/cashu/mint-crypto.ts'
import { aMint, ask, aWallet, fund, sum } from './mint-fixture.ts'

const [provider, buyer, third] = [aKey(), aKey(), aKey()]

async function locked(wallet: Wallet, options: P2PKOptions): Promise<Proof[]> {
  const { send } = await wallet.ops
    .send(8, await fund(wallet, 8))
    .asP2PK(options)
    .run()
  return send
}

describe('a token locked to a key', () => {
  test('is spent with a signature of that key alone', async () => {
    const mint = await aMint()
    const wallet = await aWallet(mint.url)
    const proofs = await locked(wallet, { pubkey: provider.pub })
    await expect(wallet.receive(proofs)).rejects.toMatchObject({ code: 0 })
    await expect(wallet.receive(signWith(proofs, buyer.priv))).rejects.toMatchObject({ code: 0 })
    expect(sum(await wallet.receive(proofs, { privkey: provider.priv }))).toBe(8)
  })

  test('shows the signature that spent it: the receipt', async () => {
    const mint = await aMint()
    const wallet = await aWallet(mint.url)
    const proofs = await locked(wallet, { pubkey: provider.pub })
    const before = await wallet.checkProofsStates(proofs)
    expect(before).toMatchObject([{ state: 'UNSPENT', witness: null }])
    await wallet.receive(proofs, { privkey: provider.priv })
    const [after] = await wallet.checkProofsStates(proofs)
    expect(after?.state).toBe('SPENT')
    const [proof] = proofs
    expect(proof && hasP2PKSignedProof(provider.pub, { ...proof, witness: after?.witness ?? '' })).toBe(true)
  })

  test('is released by signatures its holder hands back', async () => {
    const mint = await aMint()
    const wallet = await aWallet(mint.url)
    const proofs = await locked(wallet, lockUntil(3600))
    expect(sum(await wallet.receive(signWith(proofs, provider.priv)))).toBe(8)
    await expect(wallet.receive(proofs, { privkey: provider.priv })).rejects.toMatchObject({ code: 11001 })
  })
})

describe('a lock with an end and a refund key', () => {
  test('follows the clock of the mint, which its Date header tells', async () => {
    let now = 1_900_000_000_000
    const mint = await aMint({ clock: { now: () => now } })
    const wallet = await aWallet(mint.url)
    const proofs = await locked(wallet, {
      pubkey: provider.pub,
      locktime: now / 1000 + 900,
      refundKeys: [buyer.pub],
    })
    const refund = signAnyway(proofs, buyer.priv)
    await expect(wallet.receive(refund)).rejects.toMatchObject({ code: 11000 })
    now += 899_000
    await expect(wallet.receive(refund)).rejects.toMatchObject({ code: 11000 })
    now += 1_000
    expect(sum(await wallet.receive(refund))).toBe(8)
    expect((await ask(mint.url, '/v1/info')).date).toBe(new Date(now).toUTCString())
  })

  test('lets the main key spend after its end too', async () => {
    let now = Date.now()
    const mint = await aMint({ clock: { now: () => now } })
    const wallet = await aWallet(mint.url)
    const proofs = await locked(wallet, lockUntil(900))
    now += 1_000_000
    expect(sum(await wallet.receive(signWith(proofs, provider.priv)))).toBe(8)
  })

  test('is open to everybody after its end when there is no refund key', () => {
    const secret = createP2PKsecret(provider.pub, [['locktime', '2000000000']])
    expect(spendRefusal(secret, undefined, 1_999_999_999)).toBeDefined()
    expect(spendRefusal(secret, undefined, 2_000_000_000)).toBeUndefined()
  })
})

test('two of two signatures must be there, of different keys', async () => {
  const mint = await aMint()
  const wallet = await aWallet(mint.url)
  const options = new P2PKBuilder()
    .addLockPubkey([provider.pub, third.pub])
    .requireLockSignatures(2)
    .toOptions()
  const proofs = await locked(wallet, options)
  const once = signWith(proofs, provider.priv)
  await expect(wallet.receive(once)).rejects.toMatchObject({ code: 11000 })
  const twice = once.map((proof) => ({ ...proof, witness: { signatures: doubled(proof.witness) } }))
  await expect(wallet.receive(twice)).rejects.toMatchObject({ code: 11000 })
  expect(sum(await wallet.receive(signWith(once, third.priv)))).toBe(8)
})

test('a lock on a hash opens with its preimage', async () => {
  const mint = await aMint()
  const wallet = await aWallet(mint.url)
  const { hash, preimage } = createHTLCHash()
  const proofs = await locked(wallet, { pubkey: provider.pub, hashlock: hash })
  await expect(wallet.receive(signWith(proofs, provider.priv))).rejects.toMatchObject({ code: 11000 })
  const opened = proofs.map((proof) => ({ ...proof, witness: { preimage, signatures: [] } }))
  await expect(wallet.receive(opened)).rejects.toMatchObject({ code: 11000 })
  expect(sum(await wallet.receive(signWith(opened, provider.priv)))).toBe(8)
})

test.each([
  [
    'a tag given twice',
    JSON.stringify([
      'P2PK',
      {
        nonce: 'n',
        data: provider.pub,
        tags: [
          ['n_sigs', '1'],
          ['n_sigs', '1'],
        ],
      },
    ]),
  ],
  [
    'more signatures than keys',
    JSON.stringify(['P2PK', { nonce: 'n', data: provider.pub, tags: [['n_sigs', '2']] }]),
  ],
  ['no key', JSON.stringify(['P2PK', { nonce: 'n', data: '' }])],
  [
    'a hash, written with spaces,',
    JSON.stringify(['HTLC', { nonce: 'n', data: '00'.repeat(32) }], undefined, 1),
  ],
  ['no nonce', JSON.stringify(['P2PK', { data: provider.pub }])],
  ['SIG_ALL', JSON.stringify(['P2PK', { nonce: 'n', data: provider.pub, tags: [['sigflag', 'SIG_ALL']] }])],
])('a lock with %s never opens', (_name, secret) => {
  const signature = Buffer.from(schnorr.sign(new Uint8Array(32), Buffer.from(provider.priv, 'hex'))).toString(
    'hex',
  )
  expect(spendRefusal(secret, { signatures: [signature] }, 0)).toBeDefined()
})

test('a secret that is no lock needs no witness', () => {
  expect(spendRefusal('["P2SH",{}]', undefined, 0)).toBeUndefined()
  expect(
    spendRefusal('407915bc212be61a77e3e6d2aeb4c727980bda51cd06a6afc29e2861768a7837', undefined, 0),
  ).toBeUndefined()
})

describe('the test vectors of NUT-00', () => {
  test.each([
    ['\0'.repeat(32), '024cce997d3b518f739663b757deaec95bcd9473c30a14ac2fd04023a739d1a725'],
    [`${'\0'.repeat(31)}\u0001`, '022e7158e11c9506f1aa4248bf531298daa7febd6194f003edcd9b93ade6253acf'],
    [`${'\0'.repeat(31)}\u0002`, '026cdbe15362df59cd1dd3c9c11de8aedac2106eca69236ecd9fbe117af897be4f'],
  ])('hold for Y (%#)', (secret, y) => expect(proofY(secret)).toBe(y))

  test('hold for a blind signature', () => {
    const B_ = '02a9acc1e48c25eeeb9289b5031cc57da9fe72f3fe2861d264bdc074209b107ba2'
    const C_ = '0398bc70ce8184d27ba89834d19f5199c84443c31131e48d3c1214db24247d005d'
    expect(signOutput(B_, '7f'.repeat(32), '01aa').C_).toBe(C_)
  })
})

function aKey(): { priv: string; pub: string } {
  const key = secp256k1.utils.randomSecretKey()
  return {
    priv: Buffer.from(key).toString('hex'),
    pub: Buffer.from(secp256k1.getPublicKey(key)).toString('hex'),
  }
}

function lockUntil(seconds: number): P2PKOptions {
  return { pubkey: provider.pub, locktime: Math.floor(Date.now() / 1000) + seconds, refundKeys: [buyer.pub] }
}

function signWith(proofs: Proof[], key: string): Proof[] {
  return signP2PKProofs(proofs, key)
}

// cashu-ts refuses to sign with the refund key before the end by its own clock; the mint's clock is another one.
function signAnyway(proofs: Proof[], key: string): Proof[] {
  return proofs.map((proof) => {
    const signature = schnorr.sign(secretHash(proof.secret), Buffer.from(key, 'hex'))
    return { ...proof, witness: { signatures: [Buffer.from(signature).toString('hex')] } }
  })
}

function secretHash(secret: string): Uint8Array {
  return createHash('sha256').update(secret).digest()
}

function doubled(witness: Proof['witness']): string[] {
  const signatures = typeof witness === 'object' && 'signatures' in witness ? (witness.signatures ?? []) : []
  return [...signatures, ...signatures]
}
