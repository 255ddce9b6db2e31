const PIECE = /(\*\*[^*]+\*\*|`[^`]+`)/

/** Bold and code in one line of our own text. */
export const InlineMarkdown = ({ text }: { readonly text: string }) =>
  text.split(PIECE).map((piece, index) => {
    // The text is a constant of this build, so its positions never move.
    const key = `${index}:${piece}`
    if (piece.startsWith('**')) return <strong key={key}>{piece.slice(2, -2)}</strong>
    if (piece.startsWith('`')) return <code key={key}>{piece.slice(1, -1)}</code>
    return piece
  })
