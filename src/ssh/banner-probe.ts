// Does SSH answer at this address?
import { connect } from 'node:net'
import { pause } from '../core/pause.ts'
import { PaygressError } from '../core/errors.ts'

const ATTEMPT_MS = 5_000
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 2_000
// RFC 4253 lets a server send lines before its banner; a server that sends this much without one is not SSH.
const MOST_BYTES = 8_192

/**
 * Resolves with the banner (`SSH-2.0-…`) as soon as the address answers with one; tries again with a rising pause while it does not.
 * Rejects with `timeout`, naming the last reason, when the signal fires.
 */
export async function waitForBanner(host: string, port: number, signal: AbortSignal): Promise<string> {
  let pauseMs = FIRST_PAUSE_MS
  let last = 'nothing was tried'
  while (!signal.aborted) {
    const answer = await probeBanner(host, port, signal)
    if ('banner' in answer) return answer.banner
    last = answer.reason
    await pause(pauseMs, signal)
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
  }
  throw new PaygressError('timeout', `no SSH server answered at ${host}:${port}: ${last}`, {
    cause: signal.reason,
  })
}

export type ProbeAnswer = { banner: string } | { reason: string }

/** One attempt of at most 5 seconds; never rejects. */
export async function probeBanner(host: string, port: number, signal: AbortSignal): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal })
    let received = ''
    const finish = (answer: ProbeAnswer): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.setEncoding('latin1').setTimeout(ATTEMPT_MS)
    socket.on('data', (chunk: string) => {
      received += chunk
      const banner = /^(SSH-(?:2\.0|1\.99)-[^\r\n]*)\r?\n/m.exec(received)?.[1]
      if (banner !== undefined) finish({ banner })
      else if (received.length > MOST_BYTES) finish({ reason: 'what answers there is not SSH' })
    })
    socket.on('timeout', () => finish({ reason: 'it sends no SSH banner' }))
    socket.on('error', (error) => finish({ reason: error.message }))
    socket.on('close', () => finish({ reason: 'it closed the connection without an SSH banner' }))
  })
}
