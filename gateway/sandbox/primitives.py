"""The sandbox's SM2, SM3 and SM4: GmSSL where its wheel exists, else the portable pair."""

try:
    from gateway.sandbox import native as chosen
except ImportError:
    from gateway.sandbox import portable as chosen  # type: ignore[no-redef] # same functions, other library

sm3 = chosen.sm3
sm3_hmac = chosen.sm3_hmac
sm4_cbc = chosen.sm4_cbc
sm4_ecb = chosen.sm4_ecb
sm4_gcm = chosen.sm4_gcm
sm2_new_pair = chosen.sm2_new_pair
sm2_sign = chosen.sm2_sign
sm2_encrypt = chosen.sm2_encrypt
