// Which images may a buyer ask for? One rule for both sides.

const IMAGE =
  /^(?:[a-z0-9.-]+(?::\d{1,5})?\/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/
const LONGEST_IMAGE = 512

/** `exact`: the provider named this very image. `pattern`: one of its patterns covers it. `refused`: neither. */
export type ImageVerdict = 'exact' | 'pattern' | 'refused'

/** Looks an image up in the allowed names and patterns (`*` stands for anything but a slash). */
export function judgeImage(image: string, allowed: readonly string[]): ImageVerdict {
  if (!isImage(image)) return 'refused'
  const name = withTag(image)
  if (allowed.some((entry) => !entry.includes('*') && withTag(entry) === name)) return 'exact'
  return allowed.some((entry) => entry.includes('*') && covers(entry, image)) ? 'pattern' : 'refused'
}

export function isImage(text: string): boolean {
  return text.length <= LONGEST_IMAGE && IMAGE.test(text)
}

/** True for an image name, or a pattern of one. */
export function isImagePattern(entry: string): boolean {
  return isImage(entry.replaceAll('*', 'x'))
}

function withTag(image: string): string {
  const last = image.slice(image.lastIndexOf('/') + 1)
  return last.includes(':') || last.includes('@') ? image : `${image}:latest`
}

function covers(pattern: string, image: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('[^/]*')}$`).test(image)
}
