/** The attribute that a label is stored under. */
export function attributeOf(label: string): string {
  const plain = label
    .normalize("NFD")
    .toLowerCase()
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9]+/g, "_");
  const name = plain.replace(/^[^a-z]+|_$/g, "").slice(0, 40);
  return name || "field";
}
