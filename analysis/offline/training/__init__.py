"""How the coefficients of the offline engine are made; nothing here is needed where it runs."""
