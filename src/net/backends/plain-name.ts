/** Names that mean the same to everybody who reads them: files, matches with wildcards, YAML, shells. */

/** No letter of it is special to a shell, to glob(7) or to YAML, and it is no option. A colon would make an alias of it. */
export const isPlainName = (name: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9_.@+-]*$/.test(name);
