// What an interrupted command says: the words of the work that was broken off, never those of the signal alone.
import { expect, test } from 'vitest'
import { interruptible } from '../../src/client/interruptible.ts'
import { PaygressError } from '../../src/core/errors.ts'

const own = () => new PaygressError('interrupted', 'the order goes on')

async function brokenOff(fail: (signal: AbortSignal) => unknown): Promise<unknown> {
  const controller = new AbortController()
  const work = async (): Promise<never> => {
    controller.abort(new PaygressError('interrupted', 'interrupted'))
    throw fail(controller.signal)
  }
  return interruptible(controller.signal, work, own).catch((error: unknown) => error)
}

test('the reason of the signal gives way to what the work says', async () => {
  expect(await brokenOff((signal) => signal.reason)).toMatchObject({ message: 'the order goes on' })
  expect(await brokenOff(() => new Error('fetch failed'))).toMatchObject({ message: 'the order goes on' })
})

test('what a deeper place says is kept', async () => {
  const deeper = new PaygressError('interrupted', 'the stop is written down')
  expect(await brokenOff(() => deeper)).toBe(deeper)
})
