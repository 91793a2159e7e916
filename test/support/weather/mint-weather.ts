// What weather is there in front of a mint? A proxy that hands everything on, or does to it what the dice say.
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Dice } from './dice.ts'
import {
  faultsOn,
  MINT_FAULTS,
  type Answer,
  type Deed,
  type Fault,
  type MintFaultName,
  type Question,
} from './mint-faults.ts'

export interface MintWeather {
  readonly url: string
  /** How often each fault has happened. */
  readonly counts: ReadonlyMap<string, number>
  /** From now on this part of all requests goes wrong; 0 is fair weather. */
  storm(chance: number): void
  /** The next request of a path that ends so gets this fault. */
  next(path: string, fault: MintFaultName): void
  /** From now on each request of a path that ends so gets this fault when it first comes; repeated word for word it passes. */
  first(path: string, fault: MintFaultName): void
  close(): Promise<void>
}

const LONGEST_DELAY_MS = 1_500

/** A proxy in front of a mint at this URL. */
export async function startMintWeather(upstream: string, dice: Dice): Promise<MintWeather> {
  const target = new URL(upstream)
  const counts = new Map<string, number>()
  const former = new Map<string, Answer>()
  const queued: { path: string; fault: MintFaultName }[] = []
  const firsts = new Map<string, MintFaultName>()
  const seen = new Set<string>()
  const sockets = new Set<Socket>()
  let chance = 0
  const count = (name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1)

  function nextFault(path: string): MintFaultName | undefined {
    const index = queued.findIndex((item) => path.endsWith(item.path))
    return index < 0 ? undefined : queued.splice(index, 1)[0]?.fault
  }

  function firstFault({ path, body }: Question): MintFaultName | undefined {
    const [, fault] = [...firsts].find(([end]) => path.endsWith(end)) ?? []
    if (fault === undefined || seen.has(path + body)) return undefined
    seen.add(path + body)
    return fault
  }

  function chooseFault(question: Question): Fault {
    const { path } = question
    const fromDice = (): MintFaultName | undefined =>
      dice.hits(chance) ? dice.oneOf(faultsOn(path)) : undefined
    const name = nextFault(path) ?? firstFault(question) ?? fromDice()
    if (name === undefined) return {}
    count(name)
    return MINT_FAULTS[name]
  }

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const question: Question = {
      method: incoming.method ?? 'GET',
      path: incoming.url ?? '/',
      body: await textOf(incoming),
    }
    if (dice.hits(chance / 2)) {
      count('delayed')
      await pause(dice.throw() * LONGEST_DELAY_MS)
    }
    const fault = chooseFault(question)
    if (fault.before !== undefined) return carryOut(fault.before(), response)
    const answer = await ask(target, question)
    const deed = fault.after?.(answer, question, former.get(question.path)) ?? { answer }
    if (answer.status === 200) former.set(question.path, answer)
    return carryOut(deed, response)
  }

  const server = createServer((incoming, response) => {
    serve(incoming, response).catch(() => response.destroy())
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  // Web sockets (NUT-17) go through as they are, and may be cut.
  server.on('upgrade', (incoming, socket, head) => {
    const through = connect(Number(target.port), target.hostname, () => {
      through.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\n${rawHeaders(incoming)}\r\n\r\n`)
      through.write(head)
      through.pipe(socket).pipe(through)
    })
    through.on('error', () => socket.destroy())
    socket.on('error', () => through.destroy())
    socket.on('close', () => through.destroy())
    if (dice.hits(chance)) {
      count('web socket cut')
      setTimeout(() => socket.destroy(), dice.throw() * LONGEST_DELAY_MS)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    counts,
    storm: (next) => {
      chance = next
    },
    next: (path, fault) => void queued.push({ path, fault }),
    first: (path, fault) => void firsts.set(path, fault),
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks).toString()
}

function rawHeaders({ rawHeaders: raw }: IncomingMessage): string {
  const lines: string[] = []
  for (let index = 0; index < raw.length; index += 2) lines.push(`${raw[index]}: ${raw[index + 1]}`)
  return lines.join('\r\n')
}

function ask(target: URL, { method, path, body }: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const outgoing = request(
      { host: target.hostname, port: target.port, method, path, headers },
      (incoming) => {
        textOf(incoming).then((text) => {
          const { date, 'content-type': type } = incoming.headers
          resolve({
            status: incoming.statusCode ?? 500,
            // The mint's clock is what its answers say.
            headers: {
              ...(date === undefined ? {} : { date }),
              ...(type === undefined ? {} : { 'content-type': type }),
            },
            body: text,
          })
        }, reject)
      },
    )
    outgoing.once('error', reject)
    outgoing.end(body)
  })
}

function carryOut(deed: Deed, response: ServerResponse): void {
  if ('answer' in deed) {
    const { status, headers, body } = deed.answer
    response.writeHead(status, headers).end(body)
    return
  }
  if (deed.cut === '') return void response.destroy()
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': deed.cut.length * 2 })
  response.write(deed.cut, () => response.destroy())
}
