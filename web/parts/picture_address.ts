/** The address of a picture that is held here, as long as it is shown. */
import { useEffect, useState } from 'preact/hooks';

export function usePictureAddress(picture: Blob): string | undefined {
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(picture);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [picture]);
  return address;
}
