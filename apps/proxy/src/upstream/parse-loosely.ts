/** Error bodies are often HTML or empty; the dialect copes with text. */
export const parseLoosely = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
