// Has a pod's SSH server come up, as far as a buyer can see?
import type { SshProbe } from '../client/ports.ts'
import { waitForBanner } from './banner-probe.ts'

/** Looks for the banner until it comes or time is up. */
export const sshProbe: SshProbe = {
  async answers({ host, port, timeoutMs, signal }) {
    const deadline = AbortSignal.timeout(timeoutMs)
    try {
      await waitForBanner(host, port, AbortSignal.any([signal, deadline]))
      return true
    } catch (error) {
      signal.throwIfAborted()
      if (deadline.aborted) return false
      throw error
    }
  },
}
