/* Functions for complex numbers that NumPy calls and wine 8's ucrtbase.dll lacks. */
typedef struct { float real, imaginary; } single;
typedef struct { double real, imaginary; } pair;

__declspec(dllexport) float crealf(single z) { return z.real; }
__declspec(dllexport) float cimagf(single z) { return z.imaginary; }
__declspec(dllexport) double creal(pair z) { return z.real; }
__declspec(dllexport) double cimag(pair z) { return z.imaginary; }
__declspec(dllexport) double creall(pair z) { return z.real; }
__declspec(dllexport) double cimagl(pair z) { return z.imaginary; }
