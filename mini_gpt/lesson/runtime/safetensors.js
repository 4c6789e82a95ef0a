// The tensors of a safetensors file, as 32-bit floats.

/** All numbers of 16 bits, by their bits: a sign, 5 bits of exponent, 10 of fraction. */
const HALVES = new Float32Array(2 ** 16).map((_, bits) => {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 1024 + fraction : fraction) * 2 ** (Math.max(exponent, 1) - 25);
});

/**
 * The tensors of a safetensors file, by name. Its first 8 bytes say how long its header is, a JSON that says where each
 * tensor lies in the rest.
 *
 * @param {ArrayBuffer} buffer
 * @returns {Record<string, Float32Array>}
 */
export function readSafetensors(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  /** @type {Record<string, { dtype: string, data_offsets: [number, number] }>} */
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const tensors = Object.entries(header).filter(([name]) => name !== "__metadata__");
  return Object.fromEntries(
    tensors.map(([name, { dtype, data_offsets }]) => {
      const bytes = buffer.slice(...data_offsets.map((offset) => 8 + length + offset));
      if (dtype === "F32") return [name, new Float32Array(bytes)];
      if (dtype !== "F16") throw new Error(`tensor ${name} is of ${dtype}, and must be of F32 or F16`);
      const halves = new Uint16Array(bytes);
      return [name, new Float32Array(halves.length).map((_, i) => HALVES[halves[i]])];
    }),
  );
}
