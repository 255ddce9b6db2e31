/** As it was typed; '' where there is nothing. */
export const readTyped = (form: FormData, name: string): string => {
  const value = form.get(name)
  return typeof value === 'string' ? value : ''
}

export const readText = (form: FormData, name: string): string => readTyped(form, name).trim()

/** What stands between spaces and commas, each once. */
export const readList = (form: FormData, name: string): readonly string[] => [
  ...new Set(
    readText(form, name)
      .split(/[\s,]+/)
      .filter((part) => part !== ''),
  ),
]
