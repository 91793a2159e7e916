// How does ssh reach an onion address? Through the SOCKS port of the Tor that runs on the buyer's machine.
import { PaygressError } from '../core/errors.ts'
import { quoteArgument } from '../core/quote-argument.ts'

/** Where Tor listens unless it was told otherwise; the Tor Browser listens on 9150. */
const TOR_PROXY = '127.0.0.1:9050'

/** The proxy that the environment names, else Tor's usual one. */
export function torProxy(env: Readonly<Record<string, string | undefined>>): string {
  const named = env.PAYGRESS_TOR_PROXY?.trim() ?? ''
  return named === '' ? TOR_PROXY : named
}

const ADDRESS = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}):(\d{1,5})$/

/**
 * The `ProxyCommand` that connects through the SOCKS proxy at `proxy` (`host:port`); ssh itself puts host and port in, so that nothing a
 * provider sent becomes part of a shell's text. Throws `usage` for another form.
 */
export function torProxyCommand(proxy: string): string {
  const port = Number(ADDRESS.exec(proxy)?.[1])
  if (!(port > 0 && port < 65_536)) {
    throw new PaygressError('usage', `${quoteArgument(proxy)} is not the address of a SOCKS proxy`, {
      hint: `give a host and a port: PAYGRESS_TOR_PROXY=${TOR_PROXY}`,
    })
  }
  return `nc -X 5 -x ${proxy} %h %p`
}
