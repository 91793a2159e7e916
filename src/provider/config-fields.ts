// How is one variable of the configuration read from text?
import * as z from 'zod'
import { normaliseMintUrl } from '../core/mint-url.ts'
import { normaliseRelayUrl } from '../core/relay-url.ts'
import { isImagePattern } from '../core/image.ts'
import { quoteArgument } from '../core/quote-argument.ts'

const wholeNumber = (least: number, most: number) =>
  z.string().transform((text, context) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    context.issues.push({
      code: 'custom',
      message: `must be a whole number from ${least} to ${most}`,
      input: text,
    })
    return z.NEVER
  })

/** A whole number between two bounds, or a default. */
export const number = (fallback: number, least: number, most: number) =>
  wholeNumber(least, most)
    .optional()
    .transform((value) => value ?? fallback)

/** A whole number between two bounds, or none. */
export const optionalNumber = (least: number, most: number) => wholeNumber(least, most).optional()

export const yesOrNo = (fallback: boolean) =>
  z
    .string()
    .optional()
    .transform((text, context) => {
      if (text === undefined) return fallback
      if (/^(?:true|1|yes|on)$/i.test(text)) return true
      if (/^(?:false|0|no|off)$/i.test(text)) return false
      context.issues.push({ code: 'custom', message: 'must be true or false', input: text })
      return z.NEVER
    })

/** True, false, or not said. */
export const optionalYesOrNo = z
  .enum(['true', 'false'], 'must be true or false')
  .optional()
  .transform((text) => (text === undefined ? undefined : text === 'true'))

/** A name or an address that buyers can connect to. */
export const hostName = z
  .string()
  .regex(/^(?!-)[A-Za-z0-9.:-]{1,253}$/, 'must be a host name or an IP address, without a port')

export const namespaceName = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'must be the name of a namespace')

/** `host:port`, the host of an IPv6 address in brackets. */
export const bindAddress = z.string().transform((text, context) => {
  const parts = /^(?:\[([0-9a-fA-F:]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text)
  const name = parts?.[1] ?? parts?.[2]
  const number = Number(parts?.[3])
  if (name !== undefined && number <= 65_535) return { host: name, port: number }
  context.issues.push({ code: 'custom', message: 'must be an address and a port', input: text })
  return z.NEVER
})

/** Items between commas, each read by `read`; what it does not know is named in the problem. */
const list = <Item>(what: string, read: (text: string) => Item | undefined, isRequired: boolean) =>
  z
    .string()
    .optional()
    .transform((text, context): Item[] => {
      const texts = splitList(text ?? '')
      const items = texts.map((item) => ({ item, value: read(item) }))
      const wrong = items.find(({ value }) => value === undefined)
      if (wrong !== undefined) {
        context.issues.push({
          code: 'custom',
          message: `${quoteArgument(wrong.item)} is not ${what}`,
          input: text,
        })
        return z.NEVER
      }
      if (isRequired && items.length === 0) {
        context.issues.push({ code: 'custom', message: 'environment variable is required', input: text })
        return z.NEVER
      }
      return [...new Set(items.flatMap(({ value }) => (value === undefined ? [] : [value])))]
    })

export function splitList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

export const mintList = list('a mint URL', normaliseMintUrl, true)
export const relayList = list('a relay URL', normaliseRelayUrl, true)
export const imageList = list(
  'an image or a pattern of one',
  (text) => (isImagePattern(text) ? text : undefined),
  false,
)
