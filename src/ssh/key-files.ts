// With which key does a buyer log in? One made for the order, or the one a person names.
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import type { KeyFiles, SshKey } from '../client/ports.ts'
import type { Random } from '../core/clock.ts'
import { PaygressError } from '../core/errors.ts'
import type { OrderId } from '../core/ids.ts'
import { nameArgument } from '../core/quote-argument.ts'
import { readNamedFile } from '../storage/named-file.ts'
import { readPrivateFile, writePrivateFile } from '../storage/private-files.ts'
import { makeSshKeyPair, publicLineOf } from './key-pair.ts'
import { parsePublicKey } from './public-key.ts'

/** Where the keys of a profile's orders are. */
export function keysFolder(dataFolder: string): string {
  return join(dataFolder, 'keys')
}

/** Where a key is that was kept at `path`: a data folder that has moved, or was copied, has its keys with it. */
export function keyInPlace(path: string, folder: string): string {
  const moved = join(folder, basename(path))
  return !existsSync(path) && existsSync(moved) ? moved : path
}

/** Key files in `folder` (private, 0600), one pair per order: no two providers see the same key. */
export function keyFiles(folder: string, random: Random): KeyFiles {
  return {
    async ofOrder(orderId: OrderId): Promise<SshKey> {
      const path = join(folder, `${orderId}.key`)
      const known = readPrivateFile(path)
      if (known !== undefined) return { publicKey: publicLineOf(known.content), privateKeyPath: path }
      const pair = makeSshKeyPair(random, 'paygress')
      writePrivateFile(path, pair.privateKey)
      return { publicKey: pair.publicKey, privateKeyPath: path }
    },
    async read(path: string): Promise<SshKey> {
      const { file, line } = await readPublicKey(path)
      const privatePath = file.replace(/\.pub$/, '')
      return {
        publicKey: line,
        privateKeyPath: privatePath !== file && existsSync(privatePath) ? privatePath : undefined,
      }
    },
  }
}

/** The public key in a file that a person named, and the whole path of that file. Throws `usage`, and `secret_exposed` for a private key. */
export async function readPublicKey(path: string): Promise<{ file: string; line: string }> {
  const file = path.startsWith('~/') ? join(homedir(), path.slice(2)) : resolve(path)
  return { file, line: parsePublicKey(await readKeyFile(file)).line }
}

async function readKeyFile(path: string): Promise<string> {
  const text = await readNamedFile(path)
  if (text !== undefined) return text
  throw new PaygressError('usage', `the SSH public key ${nameArgument(path)} is not there`, {
    hint: 'name a file such as ~/.ssh/id_ed25519.pub, or leave --ssh-key out to get a key for this order',
  })
}
