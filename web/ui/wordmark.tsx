import classes from "./wordmark.module.css";

/** The sign: an A that is the flap of a letter, and under it a wing. "Angelia" is the message, the messenger carries it. */
export function Sign({ size = 28 }: { readonly size?: number }): React.ReactNode {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path className={classes["flap"]} d="M4.500 26 16 6l11.500 20" />
      <path
        className={classes["wing"]}
        d="M9.600 21.600c4.900-.2 9.100-2.100 12.400-5.600-.3 5.700-5 9.800-12.400 10z"
      />
    </svg>
  );
}

/** The name, drawn in one line weight so that it looks the same whatever fonts a machine has. */
export function Wordmark({ height = 26 }: { readonly height?: number }): React.ReactNode {
  return (
    <svg height={height} viewBox="0 0 148 40" role="img" aria-label="Angelia" className={classes["mark"]}>
      <g transform="translate(0 2)">
        <path className={classes["flap"]} d="M4.500 26 16 6l11.500 20" />
        <path
          className={classes["wing"]}
          d="M9.600 21.600c4.900-.2 9.100-2.100 12.400-5.600-.3 5.700-5 9.800-12.400 10z"
        />
      </g>
      <g className={classes["letters"]}>
        {/* n */}
        <path d="M37 28V14m0 5.500c0-3.300 2.200-5.500 5.200-5.500s5 2.100 5 5.300V28" />
        {/* g */}
        <circle cx="60" cy="21" r="7" />
        <path d="M67 14v15.500c0 4-2.800 6.500-6.800 6.500-2.600 0-4.700-.9-6-2.500" />
        {/* e */}
        <path d="M74.200 20.600h13.500c-.2-3.900-2.900-6.600-6.700-6.600-3.900 0-6.900 3-6.900 7s3 7 7.100 7c2.500 0 4.400-.9 5.800-2.600" />
        {/* l */}
        <path d="M95 6v22" />
        {/* i */}
        <path d="M103 14v14" />
        {/* a */}
        <circle cx="117.500" cy="21" r="7" />
        <path d="M124.500 14v14" />
      </g>
      <path
        className={classes["wing"]}
        d="M101 9.800c1.700-.4 3-1.300 4-2.600.3 2.300-1.300 3.900-4 2.600z"
      />
    </svg>
  );
}
