// How will the machine be entered? With a key of ours, and with a password where one is wanted or needed.
import type { OrderId } from '../core/ids.ts'
import type { Client, KeyFiles, SshKey } from './ports.ts'
import type { BuyWish } from './wish.ts'

export interface PodAccess {
  user: string | undefined
  password: string | undefined
  passwordGenerated: boolean
  sshPublicKey: string | undefined
  keyPath: string | undefined
}

const PASSWORD_LENGTH = 24
/** Without look-alikes; 56 letters. */
const LETTERS = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** What the request says about logging in. `features` are the offer's. */
export async function planAccess(
  { keys, random }: Pick<Client, 'keys' | 'random'>,
  wish: Pick<BuyWish, 'user' | 'password' | 'generatePassword' | 'sshKeyFile'>,
  { orderId, features }: { orderId: OrderId; features: readonly string[] },
): Promise<PodAccess> {
  // Older providers know only passwords: a key they do not read would leave us outside.
  const takesKeys = features.includes('ssh-public-key')
  const key =
    takesKeys || wish.sshKeyFile !== undefined ? await keyOf(keys, orderId, wish.sshKeyFile) : undefined
  const generate = wish.password === undefined && (wish.generatePassword === true || !takesKeys)
  return {
    user: wish.user,
    password: generate ? generatedPassword(random) : wish.password,
    passwordGenerated: generate,
    sshPublicKey: key?.publicKey,
    keyPath: key?.privateKeyPath,
  }
}

async function keyOf(keys: KeyFiles, orderId: OrderId, path: string | undefined): Promise<SshKey> {
  return path === undefined ? keys.ofOrder(orderId) : keys.read(path)
}

function generatedPassword(random: Client['random']): string {
  let password = ''
  // Bytes beyond the last whole multiple of 56 are thrown away, so that every letter is equally likely.
  while (password.length < PASSWORD_LENGTH) {
    for (const byte of random.bytes(PASSWORD_LENGTH)) {
      if (byte < 224 && password.length < PASSWORD_LENGTH) password += LETTERS[byte % LETTERS.length] ?? ''
    }
  }
  return password
}
