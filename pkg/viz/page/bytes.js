// Data that came as base64.
const bytes = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
const uint16 = (base64) => new Uint16Array(bytes(base64).buffer);
const uint32 = (base64) => new Uint32Array(bytes(base64).buffer);
const unpacked = async (base64) => {
  const stream = new Blob([bytes(base64)]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
};
const loaded = async (src) => {
  const image = Object.assign(new Image(), { src });
  await image.decode();
  return image;
};
