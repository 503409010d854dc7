/** @returns at most `max` characters, and an ellipsis if there are more */
export function shortened(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max)}…` : text;
}
