/** The body of a request, byte for byte as it was sent; null beyond the bound, and nothing more of it is read. */
export const readBoundedBody = async (request: Request, mostBytes: number): Promise<string | null> => {
  if (request.body === null) return ''
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body) {
    size += chunk.byteLength
    if (size > mostBytes) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
