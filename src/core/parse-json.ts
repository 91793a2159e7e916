// Is this text JSON?

/** The value, or undefined where the text is no JSON. Its shape is for a schema to check. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
