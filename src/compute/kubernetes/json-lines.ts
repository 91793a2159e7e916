// How does a stream of bytes become one JSON value per line?

/** A line is an object of the API server, which is never longer. */
const LONGEST_LINE = 8 * 1024 * 1024

/** Rejects with a SyntaxError for a line that is no JSON. */
export async function* jsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<unknown> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true })
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > LONGEST_LINE) throw new SyntaxError('the stream has a line without end')
    for (const line of lines) {
      if (line.trim() !== '') yield JSON.parse(line)
    }
  }
}
