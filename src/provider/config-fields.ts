// How is one variable of the configuration read from text?
import * as z from 'zod'
import { normaliseMintUrl } from '../core/mint-url.ts'
import { isLoopbackUrl, normaliseRelayUrl } from '../core/relay-url.ts'
import { isImagePattern } from './image-policy.ts'

/** A whole number between two bounds, or a default. */
export const number = (fallback: number, least: number, most: number) =>
  z
    .string()
    .optional()
    .transform((text, context) => {
      if (text === undefined) return fallback
      const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
      if (value >= least && value <= most) return value
      context.issues.push({
        code: 'custom',
        message: `must be a whole number from ${least} to ${most}`,
        input: text,
      })
      return z.NEVER
    })

export const optionalNumber = (least: number, most: number) =>
  z
    .string()
    .optional()
    .transform((text, context) => {
      if (text === undefined) return undefined
      const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
      if (value >= least && value <= most) return value
      context.issues.push({
        code: 'custom',
        message: `must be a whole number from ${least} to ${most}`,
        input: text,
      })
      return z.NEVER
    })

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
          message: `"${wrong.item.slice(0, 80)}" is not ${what}`,
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
/** Process pods have no isolation: nobody outside this machine may reach their provider. */
export const loopbackRelayList = list(
  'a relay on this machine (process pods have no isolation and are refused with any other relay)',
  (text) => {
    const url = normaliseRelayUrl(text)
    return url !== undefined && isLoopbackUrl(url) ? url : undefined
  },
  true,
)
export const imageList = list(
  'an image or a pattern of one',
  (text) => (isImagePattern(text) ? text : undefined),
  false,
)
