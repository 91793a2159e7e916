// On what does a terminal under test write? Streams that keep what they were given.
import { PassThrough, Writable } from 'node:stream'
import { openTerminal, type Terminal, type TerminalOptions } from '../../src/terminal/terminal.ts'
import type { Streams } from '../../src/terminal/streams.ts'

class Kept extends Writable {
  isTTY: boolean
  columns = 80
  text = ''

  constructor(isTTY: boolean) {
    super({ decodeStrings: false })
    this.isTTY = isTTY
  }

  override _write(chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    this.text += String(chunk)
    done()
  }
}

export interface FakeStreams extends Streams {
  stdin: PassThrough & { isTTY?: boolean }
  stdout: Kept
  stderr: Kept
}

export interface Surroundings {
  /** Which streams are terminals. */
  tty?: { stdin?: boolean; stdout?: boolean; stderr?: boolean }
  env?: Record<string, string>
}

export function fakeStreams({ tty = {}, env = {} }: Surroundings = {}): FakeStreams {
  return {
    stdin: Object.assign(new PassThrough(), { isTTY: tty.stdin === true }),
    stdout: new Kept(tty.stdout === true),
    stderr: new Kept(tty.stderr === true),
    env,
  }
}

/** A terminal on fake streams, with what it has printed so far. */
export async function openFake(
  options: Partial<TerminalOptions> = {},
  surroundings: Surroundings = {},
): Promise<{ terminal: Terminal; streams: FakeStreams; out: () => string; err: () => string }> {
  const streams = fakeStreams(surroundings)
  const terminal = await openTerminal(streams, {
    output: 'table',
    quiet: false,
    verbose: false,
    noColour: false,
    headers: true,
    signal: new AbortController().signal,
    ...options,
  })
  return { terminal, streams, out: () => streams.stdout.text, err: () => streams.stderr.text }
}
