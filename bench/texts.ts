/** The texts of the benchmarks: key and value units by class. */

export interface TextClass {
  name: string;
  key: string;
  value: string;
}

export const repeat = (alphabet: string, units: number): string => {
  let text = '';
  for (const character of [...alphabet.repeat(units)]) {
    if (text.length + character.length > units) break;
    text += character;
  }
  return text.padEnd(units, 'x');
};
export const ASCII = 'PhysicalHostNameFullyQualified.example.org-0123456789/';
export const CYRILLIC = 'ИмяВиртуальнойМашиныИзПула';
export const CJK = '虚拟机名称主机配置键值对交换数据';
export const MIXED = 'Имя=host-7 Größe 虚拟机 ok 😀 ';

export const TEXTS: readonly TextClass[] = [
  { name: 'ascii 22/30', key: repeat(ASCII, 22), value: repeat(ASCII, 30) },
  { name: 'ascii 22/500', key: repeat(ASCII, 22), value: repeat(ASCII, 500) },
  { name: 'cyrillic 22/60', key: repeat(CYRILLIC, 22), value: repeat(CYRILLIC, 60) },
  { name: 'cjk 22/200', key: repeat(CJK, 22), value: repeat(CJK, 200) },
  { name: 'mixed 22/60', key: repeat(MIXED, 22), value: repeat(MIXED, 60) },
];
