// What would this process leave behind if it died now? Two points with the same answer are one death. Part of the test build.
import { createHash } from 'node:crypto'
import { subscribe } from 'node:diagnostics_channel'
import { existsSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import * as z from 'zod'
import { disk } from './durable-disk.ts'

/** Requests to a mint that leave it as it was. */
const ASKS = /^GET |^POST \/v1\/(checkstate|restore)$/

const connected = z.object({ socket: z.custom<Socket>() })
const sent = z.object({ request: z.object({ method: z.string(), path: z.string() }) })
const sockets = new Set<Socket>()
let told = 0

if (process.env.SWEEP_TRACE !== undefined) {
  subscribe('net.client.socket', (message) => void sockets.add(connected.parse(message).socket))
  // Heads and bodies, each at the moment when it is written.
  subscribe('undici:client:sendHeaders', (message) => {
    understand(connected.parse(message).socket)
    countRequest(message)
  })
  subscribe('undici:request:bodySent', countRequest)
  for (const stream of [process.stdout, process.stderr]) hearInvoices(stream)
}

/** The bytes of this connection need not be counted: what it tells others is counted by `tell`. */
export function understand(socket: Socket): void {
  sockets.delete(socket)
}

/** Something went out that changes what others know. */
export function tell(): void {
  told += 1
}

/** Three digests: what others know of it, what is written, and what of that is synced. */
export function leftBehind(): string {
  return `${outside()} ${disk?.written() ?? '-'} ${disk?.kept() ?? '-'}`
}

/**
 * What was told to mints, relays and who pays invoices, and the machines. What others do without a word from this process they do after its
 * death just as well, and what it has only heard dies with it. Of a connection that is not understood every byte counts.
 */
function outside(): string {
  const hash = createHash('sha256').update(`told ${told}`)
  for (const { bytesWritten, writableLength } of sockets) hash.update(` ${bytesWritten} ${writableLength}`)
  const machines = disk === undefined ? '' : join(disk.root, 'machines', 'machines.json')
  if (existsSync(machines)) hash.update(readFileSync(machines))
  return hash.digest('hex').slice(0, 16)
}

function countRequest(message: unknown): void {
  const { method, path } = sent.parse(message).request
  if (!ASKS.test(`${method} ${path}`)) tell()
}

/** Whoever reads an invoice pays it; of everything else that a process says nobody does anything. */
function hearInvoices(stream: NodeJS.WriteStream): void {
  stream.write = new Proxy(stream.write, {
    apply: (write, _self, given: readonly unknown[]) => {
      if (String(given[0]).includes('lnbc')) tell()
      return Reflect.apply(write, stream, given)
    },
  })
}
