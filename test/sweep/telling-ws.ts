// In the place of `ws` in the test build: the same, and every event that goes to a relay is counted. Questions, answers to a challenge and
// pings leave a relay as it was.
import type { Socket } from 'node:net'
import { WebSocket as Real } from 'ws'
import { tell, understand } from './left-behind.ts'

export * from 'ws'

type BufferLike = Parameters<Real['send']>[0]
type SendOptions = Exclude<Parameters<Real['send']>[1], ((error?: Error) => void) | undefined>

export class WebSocket extends Real {
  constructor(...given: ConstructorParameters<typeof Real>) {
    super(...given)
    this.once('upgrade', ({ socket }: { socket: Socket }) => understand(socket))
  }

  override send(
    data: BufferLike,
    options?: SendOptions | ((error?: Error) => void),
    done?: (error?: Error) => void,
  ): void {
    if (typeof options === 'function') super.send(data, options)
    else super.send(data, options ?? {}, done)
    if (String(data).startsWith('["EVENT"')) tell()
  }
}
